/** Facts about files that no agent told. Promises about bytes on disk: add a version, never edit one. */
import * as Schema from "effect/Schema"
import { ContentRef } from "./Content.ts"

/**
 * A file was seen on disk, or was saved, outside of any agent's operation.
 *
 * `path` and `checkout` as in `FileEdited`. `content` is null when there is no such file (any more).
 * `by`: "watch" (`nexus watch` saw it change), "editor" (an editor or another tool says that a person saved it),
 * "snapshot" (it was found changed when an agent's call was about to start).
 */
export const FileObserved = Schema.Struct({
  path: Schema.String,
  checkout: Schema.optional(Schema.String),
  content: Schema.NullOr(ContentRef),
  by: Schema.Literal("watch", "editor", "snapshot"),
  /** The program that says so: "vscode", "nexus watch". */
  tool: Schema.optional(Schema.String)
})
export type FileObserved = typeof FileObserved.Type
