/** Whether workspaces that run are looked after, and what could not be done for them. */
import type { Home } from "../../../events/Home.ts"
import type { Listed } from "../../../projections/WorkspaceRows.ts"
import { loadSafely } from "../../Config.ts"
import type { Diagnosis } from "../../Doctor.ts"
import { isoTime } from "../../isoTime.ts"
import { readKeeperNote } from "./Keeper.ts"
import { isKept } from "./KeeperLock.ts"

const check = "keeper"

export const diagnoseKeeper = (home: Home, workspaces: ReadonlyArray<Listed>): Diagnosis => {
  const ok = (detail: string): Diagnosis => ({ check, state: "ok", detail, fix: "" })
  const running = workspaces.filter(({ workspace }) => workspace.status === "running")
  const wanted = running.filter(({ workspace }) => loadSafely(home.config, workspace.repository).workspace.keeper)
  const note = readKeeperNote(home)
  if (!isKept(home)) {
    if (running.length === 0) return ok("no workspace runs: none is needed")
    if (wanted.length === 0) return ok("switched off (workspace.keeper)")
    return {
      check,
      state: "warning",
      detail: `${wanted.length} workspaces run, and no process looks after them`,
      fix: "It is started with the next command in one of them; to see what it says: nexus workspace keep"
    }
  }
  if (note === undefined) return ok("it has just begun")
  const late = Date.now() - note.round > 5 * note.every
  const detail = `process ${note.pid} looks after ${note.running} workspaces, last at ${isoTime(note.round)}`
  if (late)
    return { check, state: "warning", detail, fix: `It is stuck: end it (kill ${note.pid}); another one is started.` }
  const [first] = note.troubles
  return first === undefined
    ? ok(detail)
    : {
        check,
        state: "warning",
        detail: `${detail}; ${note.troubles.map(({ workspace, job, reason }) => `${workspace}: ${job}: ${reason}`).join("; ")}`,
        fix: "Nothing is stopped meanwhile. Put it right; the next round tries again."
      }
}
