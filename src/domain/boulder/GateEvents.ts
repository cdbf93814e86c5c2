/** Facts about gates: checks that really ran. Promises about bytes on disk: add a version, never edit one. */
import * as Schema from "effect/Schema"
import { ContentRef } from "../Content.ts"

/**
 * A gate ran on the files as they were. `tree`: git's id of the tree that all files make that it does not ignore, committed or
 * not. `definition`: SHA-256 of what was run. A later run of the same definition on the same tree would say the same.
 *
 * `verdict`: "passed"; "failed"; "timed out"; "unavailable" (there is no such program here: a warning, never a failure).
 * `flaky`: it failed, and passed when it was run once more. `exit` is null when it did not end by itself. `output`: the last of
 * what it printed, without secrets; null when it printed nothing. `subject` (version 2): what else than the tree the verdict is
 * about, as HEAD and the commit that the work began at; absent where that is nothing.
 */
export const GateRan = Schema.Struct({
  gate: Schema.String,
  checkout: Schema.String,
  tree: Schema.String,
  definition: Schema.String,
  verdict: Schema.Literal("passed", "failed", "timed out", "unavailable"),
  flaky: Schema.Boolean,
  exit: Schema.NullOr(Schema.Int),
  durationMs: Schema.Int,
  output: Schema.NullOr(ContentRef),
  subject: Schema.optional(Schema.String)
})
export type GateRan = typeof GateRan.Type
