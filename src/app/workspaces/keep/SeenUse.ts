/** What shows that a workspace is used: by a person, by an agent, or by a program that goes on. */
import { readdirSync } from "node:fs"
import { sep } from "node:path"
import * as Effect from "effect/Effect"
import { EventLog } from "../../../events/EventLog.ts"
import * as Sessions from "../../../projections/Sessions.ts"
import { Nexus } from "../../Nexus.ts"
import { openCalls } from "../../snapshot/OpenCalls.ts"
import { folderOf, spoolOf } from "../Order.ts"
import { isWatched } from "../sync/StartWatcher.ts"
import { usesOf } from "../Uses.ts"
import type { Kept } from "./Job.ts"
import type { Note } from "./Notes.ts"

/** Of one processor: a workspace in which nothing is done uses less. */
const busy = 0.05

/** Of sessions that have not ended, so many were active last. */
const lookedAt = 500

/** In a few words; undefined: nothing does. What costs least is asked first. */
export const seenUse = (kept: Kept, note: Note) =>
  Effect.gen(function* () {
    const { workspace, used, cpus, backend } = kept
    const { database } = yield* EventLog
    const { home } = yield* Nexus
    if (used > note.used) return "something was done with it"
    // Somebody said that it is to go on.
    if (note.watch.warnedMs !== null && workspace.idle === null) return "it was asked to go on"
    if (workspace.pending !== null) return `at work: ${workspace.pending.operation}`
    if (usesOf(home.workspaces, workspace) > 0) return "a command or a shell is open in it"
    if (agentAtWork(workspace.folder, home.calls)) return "an agent's tool is at work in it"
    if (
      Sessions.ongoing(database, lookedAt).some((one) => one.active > note.at.wall && isIn(workspace.folder, one.cwd))
    )
      return "an agent is at work in it"
    if (holdsAny(spoolOf(folderOf(home.workspaces, workspace)))) return "an agent inside tells of its work"
    if (cpus !== undefined && cpus >= busy) return `its programs are busy (${Math.round(cpus * 100)} % of a processor)`
    const { ssh, connections, commands, terminals } = yield* backend.activity(workspace.id)
    // Through one or the other, its files are kept the same: nobody's use of it.
    const ours = isWatched(home.workspaces, workspace) ? 1 : 0
    if (ssh > ours) return "an SSH connection is open"
    if (connections > 0) return "a connection to one of its ports is open"
    if (ssh + commands > ours) return "a command runs in it"
    return terminals > 0 ? "a program with a terminal runs in it" : undefined
  })

/** A call in the foreground that is older, in milliseconds, ended without a word. */
const longestCall = 30 * 60_000

/** Whether the call of an agent's tool has begun in a checkout, and no end of it was told. */
export const agentAtWork = (checkout: string, calls: string): boolean =>
  openCalls(calls)
    .list()
    .some((call) => call.checkout === checkout && !call.background && Date.now() - call.since < longestCall)

export const isIn = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}${sep}`)

const holdsAny = (folder: string): boolean => {
  try {
    return readdirSync(folder).some((name) => !name.startsWith("."))
  } catch {
    return false
  }
}
