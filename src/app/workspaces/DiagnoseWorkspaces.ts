/** What workspaces need of this machine, and which of them are not as the record has them. */
import { existsSync, readFileSync, statfsSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { range } from "../../domain/workspace/Ports.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import type { Diagnosis } from "../Doctor.ts"
import { Nexus } from "../Nexus.ts"
import { Backends } from "../ports/Backend.ts"
import { diagnoseKeeper } from "./keep/DiagnoseKeeper.ts"
import { look } from "./Repair.ts"

/** Less free space than this, in bytes, will not do for long. */
const littleSpace = 2 * 1024 ** 3

export const diagnoseWorkspaces = Effect.gen(function* () {
  const { database } = yield* EventLog
  const { home, person } = yield* Nexus
  const { all, named } = yield* Backends
  const workspaces = Rows.list(database)
  const others = new Set(workspaces.map(({ workspace }) => workspace.spec.backend))
  for (const { name } of all) others.delete(name)
  const found: Array<Diagnosis> = []
  for (const backend of [...all, ...[...others].flatMap((name) => named?.(name) ?? [])]) {
    const probed = yield* Effect.either(backend.probe)
    const users = workspaces.filter(({ workspace }) => workspace.spec.backend === backend.name).length
    const check = `backend ${backend.name}`
    if (probed._tag === "Right") {
      const tools = backend.tools === undefined ? [] : yield* backend.tools
      const detail = [probed.right.version, ...probed.right.notes, ...tools].join("; ")
      found.push({ check, state: "ok", detail, fix: "" })
    } else
      found.push({
        check,
        // Nobody has to have an engine.
        state: users > 0 ? "problem" : "ok",
        detail: users > 0 ? `${probed.left.reason}; ${users} workspaces need it` : `not here: ${probed.left.reason}`,
        fix: users > 0 ? probed.left.advice : ""
      })
  }
  if (workspaces.length === 0) return found
  found.push(sshClient(person.path), portRange(), disk(home.path), diagnoseKeeper(home, workspaces))
  for (const listed of workspaces) {
    const drifts = yield* Effect.either(look(listed))
    const check = `workspace ${listed.workspace.name}`
    if (drifts._tag === "Left")
      found.push({
        check,
        state: "warning",
        detail: drifts.left.message,
        fix: `nexus workspace show ${listed.workspace.name}`
      })
    else if (drifts.right.length === 0) found.push({ check, state: "ok", detail: "as the record has it", fix: "" })
    else
      found.push({
        check,
        state: "problem",
        detail: drifts.right.map(({ detail }) => detail).join("; "),
        fix: `nexus workspace repair ${listed.workspace.name}`
      })
  }
  return found
})

const sshClient = (path: ReadonlyArray<string>): Diagnosis => {
  const folder = path.find((one) => existsSync(join(one, "ssh")))
  return folder === undefined
    ? {
        check: "ssh",
        state: "warning",
        detail: "there is no ssh program; editors need one",
        fix: "Install OpenSSH's client."
      }
    : { check: "ssh", state: "ok", detail: join(folder, "ssh"), fix: "" }
}

/** Programs' outgoing connections take ports of ours, unless the kernel is told to leave them. */
const portRange = (): Diagnosis => {
  const read = (name: string): string => {
    try {
      return readFileSync(`/proc/sys/net/ipv4/${name}`, "latin1").trim()
    } catch {
      return ""
    }
  }
  const [low = 0, high = 0] = read("ip_local_port_range").split(/\s+/).map(Number)
  const overlaps = low <= range.last && high >= range.first
  const reserved = read("ip_local_reserved_ports").includes(`${range.first}-${range.last}`)
  return {
    check: "ports",
    state: "ok",
    detail:
      overlaps && !reserved
        ? `${range.first} to ${range.last}; other programs' connections may take some, then a workspace gets another. To keep them free: sysctl -w net.ipv4.ip_local_reserved_ports=${range.first}-${range.last}`
        : `${range.first} to ${range.last}`,
    fix: ""
  }
}

const disk = (folder: string): Diagnosis => {
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free for checkpoints`
  return free < littleSpace
    ? { check: "disk", state: "warning", detail, fix: "Delete checkpoints that are not needed, or free space." }
    : { check: "disk", state: "ok", detail, fix: "" }
}
