/** A reference to content that is too large or too sensitive for the log itself. */
import * as Schema from "effect/Schema"
import { ContentHash } from "./Ids.ts"

/**
 * `hash` and `oid` are of the exact bytes, so that they can be matched with files and git objects;
 * `blob` names what is stored, and is absent when nothing is. They differ when secrets were taken out; `hash` is absent where
 * it would be `blob` again (older events repeat it).
 */
export const ContentRef = Schema.Struct({
  /** SHA-256 of the exact bytes: see `exactHash`. */
  hash: Schema.optional(ContentHash),
  /** The git blob id (SHA-1) of the exact bytes. */
  oid: Schema.String,
  /** Exact size in bytes. */
  bytes: Schema.Int,
  blob: Schema.optional(ContentHash),
  /** Names of the rules whose findings were replaced in the stored copy. */
  redacted: Schema.optional(Schema.Array(Schema.String))
})
export type ContentRef = typeof ContentRef.Type

/** SHA-256 of the exact bytes. */
export const exactHash = ({ hash, blob }: ContentRef): ContentHash | undefined => hash ?? blob
