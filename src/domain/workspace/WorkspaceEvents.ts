/**
 * Facts about a workspace: what was asked for, what was done outside of the log for it, and what became of it. Promises about bytes
 * on disk: add a version, never edit one.
 */
import * as Schema from "effect/Schema"
import { CheckpointId, StepId, WorkspaceId, WorkspaceName } from "./Ids.ts"
import { HookStage, Protocol, Spec } from "./Spec.ts"

/** A commit, in full. */
const Commit = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/))

/** A process that does something, so that others can tell whether it still does. `boot`: of the kernel that counts it. */
export const Holder = Schema.Struct({ pid: Schema.Int, boot: Schema.String })
export type Holder = typeof Holder.Type

/**
 * `repository`: the top of the main worktree. `folder`: the workspace's own. `base`: as the user named it; `commit`: what that was.
 * `from`: the checkpoint that it is a fork of.
 */
export const WorkspaceRequested = Schema.Struct({
  workspace: WorkspaceId,
  name: WorkspaceName,
  repository: Schema.String,
  folder: Schema.String,
  branch: Schema.String,
  base: Schema.String,
  commit: Commit,
  spec: Spec,
  from: Schema.optional(Schema.Struct({ workspace: WorkspaceId, checkpoint: CheckpointId }))
})
export type WorkspaceRequested = typeof WorkspaceRequested.Type

/** What is done outside of the log. Each can be done again, and is undone by another. */
export const StepKind = Schema.Literal(
  "worktree",
  "environment",
  "start",
  "stop",
  "pause",
  "resume",
  "checkpoint",
  "restore-files",
  "restore-environment",
  "remove-environment",
  "remove-worktree"
)
export type StepKind = typeof StepKind.Type

/** What a user, or Nexus by itself, does with a workspace: some steps. */
export const Operation = Schema.Literal(
  "create",
  "start",
  "stop",
  "pause",
  "resume",
  "checkpoint",
  "restore",
  "delete",
  "repair"
)
export type Operation = typeof Operation.Type

export const WorkspaceStepRequested = Schema.Struct({
  workspace: WorkspaceId,
  step: StepId,
  kind: StepKind,
  operation: Operation,
  holder: Holder
})
export type WorkspaceStepRequested = typeof WorkspaceStepRequested.Type

export const WorkspaceStepDone = Schema.Struct({
  workspace: WorkspaceId,
  step: StepId,
  durationMs: Schema.Int,
  /** In a few words, where there is more to say than that it was done. */
  detail: Schema.optional(Schema.String)
})
export type WorkspaceStepDone = typeof WorkspaceStepDone.Type

export const WorkspaceStepFailed = Schema.Struct({ workspace: WorkspaceId, step: StepId, reason: Schema.String })
export type WorkspaceStepFailed = typeof WorkspaceStepFailed.Type

/** The key by which its SSH server is known from now on: an OpenSSH public key line, and `SHA256:…` of it. */
export const WorkspaceHostKeyMade = Schema.Struct({
  workspace: WorkspaceId,
  publicKey: Schema.String,
  fingerprint: Schema.String
})
export type WorkspaceHostKeyMade = typeof WorkspaceHostKeyMade.Type

export const WorkspaceStarted = Schema.Struct({ workspace: WorkspaceId, image: Schema.optional(Schema.String) })
export type WorkspaceStarted = typeof WorkspaceStarted.Type

/** `idle`: nobody used it. `outside`: it was found so. */
export const WorkspaceStopped = Schema.Struct({
  workspace: WorkspaceId,
  why: Schema.Literal("asked", "idle", "outside", "created")
})
export type WorkspaceStopped = typeof WorkspaceStopped.Type

/** Nobody used it for so long: it is stopped at that time (milliseconds since 1970), unless it is used before. */
export const WorkspaceIdleWarned = Schema.Struct({
  workspace: WorkspaceId,
  idleMs: Schema.Int,
  stopsAt: Schema.Int
})
export type WorkspaceIdleWarned = typeof WorkspaceIdleWarned.Type

/** The warning does not hold any more; `why`: what was seen, in a few words. */
export const WorkspaceIdleEnded = Schema.Struct({ workspace: WorkspaceId, why: Schema.String })
export type WorkspaceIdleEnded = typeof WorkspaceIdleEnded.Type

export const WorkspacePaused = Schema.Struct({ workspace: WorkspaceId, why: Schema.Literal("asked", "outside") })
export type WorkspacePaused = typeof WorkspacePaused.Type

export const WorkspaceResumed = Schema.Struct({ workspace: WorkspaceId })
export type WorkspaceResumed = typeof WorkspaceResumed.Type

/** It can't be used as it is; `reason` says why, `advice` what helps. */
export const WorkspaceFailed = Schema.Struct({ workspace: WorkspaceId, reason: Schema.String, advice: Schema.String })
export type WorkspaceFailed = typeof WorkspaceFailed.Type

/** `undo`: of what a creation that failed had made so far. */
export const WorkspaceDeletionRequested = Schema.Struct({
  workspace: WorkspaceId,
  undo: Schema.Boolean,
  /** Its branch and volumes go with it. */
  branch: Schema.Boolean,
  volumes: Schema.Boolean,
  /** Holds what would be lost. */
  checkpoint: Schema.optional(CheckpointId)
})
export type WorkspaceDeletionRequested = typeof WorkspaceDeletionRequested.Type

/** Nothing of it is left but its checkpoints and this record. `commit`: its branch's last, where it had one. */
export const WorkspaceDeleted = Schema.Struct({ workspace: WorkspaceId, commit: Schema.NullOr(Commit) })
export type WorkspaceDeleted = typeof WorkspaceDeleted.Type

/** This machine's port that leads to a port inside, until it is released or the workspace deleted. */
export const WorkspacePortReserved = Schema.Struct({
  workspace: WorkspaceId,
  service: Schema.String,
  host: Schema.String,
  hostPort: Schema.Int,
  port: Schema.Int,
  protocol: Protocol,
  /** The project's own service beside the workspace that it leads to; absent: the workspace itself. */
  companion: Schema.optional(Schema.String)
})
export type WorkspacePortReserved = typeof WorkspacePortReserved.Type

/** It was taken by something else: the service has another one from now on. */
export const WorkspacePortMoved = Schema.Struct({
  workspace: WorkspaceId,
  service: Schema.String,
  from: Schema.Int,
  to: Schema.Int,
  reason: Schema.String
})
export type WorkspacePortMoved = typeof WorkspacePortMoved.Type

export const WorkspacePortReleased = Schema.Struct({ workspace: WorkspaceId, service: Schema.String })
export type WorkspacePortReleased = typeof WorkspacePortReleased.Type

/** What is kept of an output: how much it was, and the hash by which the blobs have it, if they do. */
const Output = Schema.Struct({ bytes: Schema.Int, sha256: Schema.String, blob: Schema.optional(Schema.Boolean) })

/** A command ended inside, or (with `exit` null) goes on by itself. Secrets in it are redacted. */
export const WorkspaceCommandRan = Schema.Struct({
  workspace: WorkspaceId,
  /** A person's or agent's `exec` or shell; or a lifecycle hook of the project's. */
  via: Schema.Literal("exec", "shell", "hook"),
  command: Schema.String,
  exit: Schema.NullOr(Schema.Int),
  timedOut: Schema.Boolean,
  durationMs: Schema.Int,
  stdout: Schema.optional(Output),
  stderr: Schema.optional(Output),
  /** Of a hook: the end of both, as they came, without secrets. */
  output: Schema.optional(Output),
  /** Of a hook: which, of so many of its stage. */
  hook: Schema.optional(
    Schema.Struct({ stage: HookStage, name: Schema.NonEmptyString, number: Schema.Int, of: Schema.Int })
  )
})
export type WorkspaceCommandRan = typeof WorkspaceCommandRan.Type

/** What was found not to be as the log has it. */
export const DriftKind = Schema.Literal(
  "environment-gone",
  "environment-foreign",
  "environment-orphaned",
  "stopped-outside",
  "started-outside",
  "paused-outside",
  "service-stopped",
  "port-taken",
  "worktree-gone",
  "worktree-moved",
  "worktree-foreign",
  "worktree-forgotten",
  "branch-gone",
  "branch-foreign",
  "branch-diverged",
  "step-interrupted"
)
export type DriftKind = typeof DriftKind.Type

/** `healed`: what was done about it; absent: it is reported only, and `detail` ends with what a person can do. */
export const WorkspaceDriftFound = Schema.Struct({
  workspace: WorkspaceId,
  kind: DriftKind,
  detail: Schema.String,
  healed: Schema.optional(Schema.String)
})
export type WorkspaceDriftFound = typeof WorkspaceDriftFound.Type

export const WorkspaceMerged = Schema.Struct({
  workspace: WorkspaceId,
  into: Schema.String,
  outcome: Schema.Literal("up-to-date", "fast-forward", "merged", "conflicts"),
  commit: Schema.optional(Commit),
  conflicts: Schema.optional(Schema.Array(Schema.String))
})
export type WorkspaceMerged = typeof WorkspaceMerged.Type

/**
 * What somebody decided of its file sync, or what it came to. "adopted": the folders are the right ones, whatever they are known by.
 * "forced": much is deleted, and that is meant. "halted": it stands still. "conflicted": `paths` are versions that are kept beside others.
 */
export const WorkspaceSyncChanged = Schema.Struct({
  workspace: WorkspaceId,
  what: Schema.Literal("paused", "resumed", "adopted", "forced", "halted", "conflicted"),
  detail: Schema.optional(Schema.String),
  paths: Schema.optional(Schema.Array(Schema.String))
})
export type WorkspaceSyncChanged = typeof WorkspaceSyncChanged.Type

/** Its branch has a name outside of `nexus/` now. */
export const WorkspacePromoted = Schema.Struct({ workspace: WorkspaceId, branch: Schema.String })
export type WorkspacePromoted = typeof WorkspacePromoted.Type
