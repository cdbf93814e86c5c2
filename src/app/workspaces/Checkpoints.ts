/** The checkpoints of a workspace: found, compared, deleted, and dropped when there are too many. */
import * as Effect from "effect/Effect"
import { type Checkpoint, expired, hashesOf, type Retention } from "../../domain/workspace/Checkpoint.ts"
import type { CheckpointCompleted } from "../../domain/workspace/CheckpointEvents.ts"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { EventLog } from "../../events/EventLog.ts"
import type { Listed } from "../../projections/WorkspaceRows.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import { projectHere } from "../ProjectOf.ts"
import { NotFound } from "../Find.ts"
import { nearest } from "../nearest.ts"
import { type Selection, type TreeChange, TreeStore } from "../ports/TreeStore.ts"
import { find } from "./Find.ts"
import { record } from "./Operate.ts"

/** A checkpoint that can be restored. */
export type Completed = Checkpoint & { readonly held: CheckpointCompleted }

/** By its id or its name; of a workspace that may be deleted. Fails with NotFound, also for one that was never completed. */
export const findCheckpoint = (workspace: string, name: string) =>
  Effect.gen(function* () {
    const listed = yield* findEver(workspace)
    const checkpoint = named(listed.checkpoints, name)
    if (checkpoint !== undefined) return { listed, checkpoint }
    const known = listed.checkpoints
      .filter(isCompleted)
      .flatMap((one) => [one.id, ...(one.name === null ? [] : [one.name])])
    const guess = nearest(name, known)
    return yield* new NotFound({
      what: "checkpoint",
      name,
      hint: `${guess === undefined ? "" : `Did you mean ${guess}? `}List them: nexus workspace checkpoint list ${listed.workspace.name}`
    })
  })

/** A workspace that there is, or the last of that name: its checkpoints outlive it. */
export const findEver = (name: string) =>
  Effect.catchTag(find(name), "NotFound", (missing) =>
    Effect.gen(function* () {
      const { database } = yield* EventLog
      return Rows.named(database, yield* projectHere, name) ?? (yield* missing)
    })
  )

export const isCompleted = (checkpoint: Checkpoint): checkpoint is Completed =>
  checkpoint.status === "completed" && checkpoint.held !== null

const named = (checkpoints: ReadonlyArray<Checkpoint>, name: string): Completed | undefined => {
  const id = /^\d+$/.test(name) ? `C-${name}` : name.toUpperCase()
  const completed = checkpoints.filter(isCompleted)
  return completed.findLast((one) => one.name === name) ?? completed.find((one) => one.id === id)
}

/** More than this is not a checkout that a person works in, but a mistake: it would fill the disk. */
export const selection = (ignored: boolean): Selection => ({ ignored, mostFiles: 1_000_000, mostBytes: 20 * 1024 ** 3 })

/** What was kept under; undefined for a part that is not in it. */
export const hashOfPart = (part: CheckpointCompleted["files"]): string | undefined =>
  part.held === "excluded" ? undefined : part.hash

/** What changed in the files from a checkpoint to another, or to what is there now. */
export const diff = (workspace: string, from: string, to: string | undefined) =>
  Effect.gen(function* () {
    const trees = yield* TreeStore
    const { listed, checkpoint } = yield* findCheckpoint(workspace, from)
    const before = hashOfPart(checkpoint.held.files)
    const after =
      to === undefined
        ? (yield* trees.keepFiles(listed.workspace.folder, selection(false))).hash
        : hashOfPart((yield* findCheckpoint(workspace, to)).checkpoint.held.files)
    const none: ReadonlyArray<TreeChange> = []
    return before === undefined || after === undefined ? none : yield* trees.diff(before, after)
  })

export const remove = (workspace: string, name: string) =>
  Effect.gen(function* () {
    const { listed, checkpoint } = yield* findCheckpoint(workspace, name)
    yield* record(listed.workspace.id, () => [
      {
        type: "CheckpointDeleted",
        payload: { workspace: listed.workspace.id, checkpoint: checkpoint.id, why: "asked" }
      }
    ])
    const freed = yield* collect
    return { checkpoint, freed }
  })

/** Drops automatic checkpoints beyond the limits. Answers the bytes that were freed. */
export const retain = (id: WorkspaceId, retention: Retention) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const dropped = expired(Rows.byId(database, id)?.checkpoints ?? [], retention, Date.now())
    if (dropped.length === 0) return 0
    yield* record(id, () =>
      dropped.map(({ id: checkpoint, why }) => ({
        type: "CheckpointDeleted",
        payload: { workspace: id, checkpoint, why }
      }))
    )
    return yield* collect
  })

/** Frees what no checkpoint of any workspace holds any more. */
export const collect = Effect.gen(function* () {
  const { database } = yield* EventLog
  const held = (listed: Listed) => listed.checkpoints.filter(isCompleted).flatMap(hashesOf)
  return yield* (yield* TreeStore).collect(Rows.ever(database).flatMap(held))
})
