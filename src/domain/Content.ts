/** A reference to content that is too large or too sensitive for the log itself. */
import * as Schema from "effect/Schema"
import { ContentHash } from "./Ids.ts"

/**
 * `hash` and `oid` are of the exact bytes, so that they can be matched with files and git objects;
 * `blob` names what is stored, which differs from `hash` when secrets were taken out, and is absent when nothing is stored.
 */
export const ContentRef = Schema.Struct({
  /** SHA-256 of the exact bytes. */
  hash: ContentHash,
  /** The git blob id (SHA-1) of the exact bytes. */
  oid: Schema.String,
  /** Exact size in bytes. */
  bytes: Schema.Int,
  blob: Schema.optional(ContentHash),
  /** Names of the rules whose findings were replaced in the stored copy. */
  redacted: Schema.optional(Schema.Array(Schema.String))
})
export type ContentRef = typeof ContentRef.Type
