/** Which commits a command is about. */
import * as Options from "@effect/cli/Options"

export const range = Options.text("range").pipe(
  Options.withDescription("Only these commits, such as main..HEAD; default: all since recording began"),
  Options.optional
)
