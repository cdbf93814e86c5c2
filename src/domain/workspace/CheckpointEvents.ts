/**
 * Facts about checkpoints: each names what it holds by hash, and says what it does not hold. Promises about bytes on disk: add a
 * version, never edit one.
 */
import * as Schema from "effect/Schema"
import { CheckpointId, WorkspaceId } from "./Ids.ts"

const Hash = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{64}$/))

/** Why it was taken: somebody asked, or what was about to be done. */
export const Occasion = Schema.Literal(
  "asked",
  "before-restore",
  "before-delete",
  "before-merge",
  "risky-step",
  "edits",
  "imported"
)
export type Occasion = typeof Occasion.Type

/** One part of a checkpoint. `unchanged`: the same content as that checkpoint's. */
export const Part = Schema.Union(
  Schema.Struct({
    held: Schema.Literal("included"),
    hash: Hash,
    bytes: Schema.Int,
    addedBytes: Schema.Int,
    files: Schema.optional(Schema.Int),
    /** Paths that are there and not in it, at most the first 20, and how many there are. */
    leftOut: Schema.optional(
      Schema.Struct({
        count: Schema.Int,
        some: Schema.Array(Schema.Struct({ path: Schema.String, why: Schema.String }))
      })
    )
  }),
  Schema.Struct({ held: Schema.Literal("unchanged"), hash: Hash, since: CheckpointId }),
  Schema.Struct({ held: Schema.Literal("excluded"), why: Schema.String })
)
export type Part = typeof Part.Type

export const CheckpointIntended = Schema.Struct({
  workspace: WorkspaceId,
  checkpoint: CheckpointId,
  name: Schema.optional(Schema.String),
  message: Schema.optional(Schema.String),
  occasion: Occasion,
  /** Files that git ignores are in it, too. */
  ignored: Schema.Boolean
})
export type CheckpointIntended = typeof CheckpointIntended.Type

/**
 * All of it is on disk. `position`: the log's, when it was taken. `base`: the environment's image. `specification`: a blob of the
 * workspace's specification, ports and configuration.
 */
export const CheckpointCompleted = Schema.Struct({
  workspace: WorkspaceId,
  checkpoint: CheckpointId,
  files: Part,
  git: Part,
  environment: Part,
  volumes: Schema.Array(Schema.Struct({ name: Schema.String, part: Part })),
  specification: Hash,
  base: Schema.optional(Schema.String),
  commit: Schema.NullOr(Schema.String),
  position: Schema.Int,
  /** How long the workspace stood still for it. */
  pausedMs: Schema.Int,
  durationMs: Schema.Int,
  /** Over all of the above: two checkpoints with one hash are the same. */
  hash: Hash
})
export type CheckpointCompleted = typeof CheckpointCompleted.Type

/** It never became one: what was kept for it is dropped. */
export const CheckpointAbandoned = Schema.Struct({
  workspace: WorkspaceId,
  checkpoint: CheckpointId,
  reason: Schema.String
})
export type CheckpointAbandoned = typeof CheckpointAbandoned.Type

/** `why`: somebody asked, or one of the retention's limits. */
export const CheckpointDeleted = Schema.Struct({
  workspace: WorkspaceId,
  checkpoint: CheckpointId,
  why: Schema.Literal("asked", "count", "age", "size")
})
export type CheckpointDeleted = typeof CheckpointDeleted.Type

/** `undo`: the checkpoint of how it was before. `differences`: paths that came out differently, none if it is verified. */
export const CheckpointRestored = Schema.Struct({
  workspace: WorkspaceId,
  checkpoint: CheckpointId,
  undo: CheckpointId,
  differences: Schema.Array(Schema.String)
})
export type CheckpointRestored = typeof CheckpointRestored.Type
