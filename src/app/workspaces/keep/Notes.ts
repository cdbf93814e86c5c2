/** What the keeper remembers of a workspace from one round to the next; also of rounds of other processes. */
import { fresh, type Watch } from "../../../domain/workspace/Idle.ts"
import type { WorkspaceId } from "../../../domain/workspace/Ids.ts"
import { bootId } from "../../../events/bootId.ts"
import type { Database } from "../../../events/Database.ts"

/** One moment, by the wall clock and by one that stands still while the machine sleeps; milliseconds. */
export interface Moment {
  readonly wall: number
  readonly awake: number
  /** Which start of the machine the second one counts from. */
  readonly boot: string
}

export interface Note {
  /** Of the round that it was made in. */
  readonly at: Moment
  readonly watch: Watch
  /** When the workspace was last used, as the log had it. */
  readonly used: number
  /** Processor time that it had used. */
  readonly cpuMs: number | null
  /** Agents' edits since its last checkpoint, counted up to this position of the log. */
  readonly edits: number
  readonly position: number
  /** Rounds that such a checkpoint was put off for. */
  readonly putOff: number
  readonly rounds: number
}

export const momentNow = (): Moment => ({
  wall: Date.now(),
  awake: Number(process.hrtime.bigint() / 1_000_000n),
  boot: bootId()
})

export const firstNote = (at: Moment, used: number, position: number): Note => ({
  at,
  watch: fresh,
  used,
  cpuMs: null,
  edits: 0,
  position,
  putOff: 0,
  rounds: 0
})

/** How far apart; infinitely, when the machine was started anew in between. */
export const elapsed = (from: Moment, to: Moment): { readonly awake: number; readonly wall: number } => ({
  wall: to.wall - from.wall,
  awake: from.boot === to.boot ? to.awake - from.awake : Number.POSITIVE_INFINITY
})

export const readNote = (database: Database, workspace: WorkspaceId): Note | undefined => {
  const text = database.prepare("SELECT note FROM workspace_watches WHERE workspace = ?").pluck().get(workspace)
  try {
    return typeof text === "string" ? (JSON.parse(text) as Note) : undefined
  } catch {
    return undefined
  }
}

export const writeNote = (database: Database, workspace: WorkspaceId, note: Note): void => {
  database.prepare("INSERT OR REPLACE INTO workspace_watches VALUES (?, ?)").run(workspace, JSON.stringify(note))
}

/** Of workspaces that do not run, nothing is to be remembered. */
export const forgetOthers = (database: Database, workspaces: ReadonlyArray<WorkspaceId>): void => {
  database
    .prepare("DELETE FROM workspace_watches WHERE workspace NOT IN (SELECT value FROM json_each(?))")
    .run(JSON.stringify(workspaces))
}
