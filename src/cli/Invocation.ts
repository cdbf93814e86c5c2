/** What the command line said beside the command itself. */
import * as Context from "effect/Context"
import * as Schema from "effect/Schema"

export class Invocation extends Context.Tag("nexus/cli/Invocation")<
  Invocation,
  { readonly home: string | undefined }
>() {}

/** An option has a value that it cannot have. */
export class UsageWrong extends Schema.TaggedError<UsageWrong>()("UsageWrong", { message: Schema.String }) {}

/** The record does not hold together. The findings were printed. */
export class IntegrityBroken extends Schema.TaggedError<IntegrityBroken>()("IntegrityBroken", {
  message: Schema.String
}) {}
