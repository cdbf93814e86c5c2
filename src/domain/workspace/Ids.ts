/** What workspaces, their outside steps and their checkpoints are called. */
import * as Schema from "effect/Schema"

/** A workspace, unique for ever and everywhere: what its resources are labelled with. Its name may be used again once it is deleted. */
export const WorkspaceId = Schema.String.pipe(Schema.pattern(/^ws_[0-9a-f]{16}$/), Schema.brand("WorkspaceId"))
export type WorkspaceId = typeof WorkspaceId.Type

/** One thing that is done outside of the log, from its request to its end. */
export const StepId = Schema.String.pipe(Schema.pattern(/^st_[0-9a-f]{16}$/), Schema.brand("StepId"))
export type StepId = typeof StepId.Type

/** A checkpoint: `C-1`, `C-2`, … in each workspace. */
export const CheckpointId = Schema.String.pipe(Schema.pattern(/^C-[1-9]\d{0,8}$/), Schema.brand("CheckpointId"))
export type CheckpointId = typeof CheckpointId.Type

/**
 * A workspace's name: it is a folder, the end of a branch, a host name and part of a container's name, so it is what all of these
 * allow: lower-case letters, digits and single hyphens, beginning with a letter, at most 48 characters.
 */
export const WorkspaceName = Schema.String.pipe(
  Schema.maxLength(48),
  Schema.pattern(/^[a-z](?:-?[a-z0-9])*$/),
  Schema.brand("WorkspaceName")
)
export type WorkspaceName = typeof WorkspaceName.Type

export const workspaceStream = (id: WorkspaceId): string => `workspace/${id}`
