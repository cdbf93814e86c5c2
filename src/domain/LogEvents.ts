/** Facts about the log itself. Promises about bytes on disk: add a version, never edit one. */
import * as Schema from "effect/Schema"

/** The log was made what a backup held: `events` of them, ending with the hash `head`. `kept`: where the one before it is. */
export const LogRestored = Schema.Struct({
  events: Schema.Int,
  head: Schema.String,
  from: Schema.String,
  kept: Schema.NullOr(Schema.String)
})
export type LogRestored = typeof LogRestored.Type
