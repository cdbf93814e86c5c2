/** Facts about projects and about what Nexus installed into them. Promises about bytes on disk: add a version, never edit one. */
import * as Schema from "effect/Schema"

/** A repository became known. `root` is its oldest commit and `remote` its normalised origin, where it has them. */
export const ProjectRegistered = Schema.Struct({
  name: Schema.String,
  root: Schema.NullOr(Schema.String),
  remote: Schema.NullOr(Schema.String),
  path: Schema.String
})
export type ProjectRegistered = typeof ProjectRegistered.Type

/** What the project is recognised by became known or changed: its first commit was made, a remote was added. */
export const ProjectIdentified = Schema.Struct({
  root: Schema.NullOr(Schema.String),
  remote: Schema.NullOr(Schema.String)
})
export type ProjectIdentified = typeof ProjectIdentified.Type

/** Another checkout of the project was seen: a clone, a linked worktree, the same folder after a move. */
export const CheckoutSeen = Schema.Struct({ path: Schema.String })
export type CheckoutSeen = typeof CheckoutSeen.Type

/** Nexus wrote its hooks into an agent's settings file. */
export const HooksInstalled = Schema.Struct({
  agent: Schema.String,
  file: Schema.String,
  scope: Schema.Literal("local", "shared")
})
export type HooksInstalled = typeof HooksInstalled.Type

/** Nexus took its hooks out again; `restored` when the file is byte for byte what it was before. */
export const HooksRemoved = Schema.Struct({ agent: Schema.String, file: Schema.String, restored: Schema.Boolean })
export type HooksRemoved = typeof HooksRemoved.Type
