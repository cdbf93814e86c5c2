/** Options that every command has, and that may stand anywhere on the command line. */
import * as Options from "@effect/cli/Options"

/** Declared with every command for its help and completions; their values are taken by `takeGlobals`. */
export const globals = {
  json: Options.boolean("json").pipe(
    Options.withDescription("Print JSON: one document, or one object a line for streams")
  ),
  home: Options.text("home").pipe(
    Options.withDescription("The folder of the log; default: NEXUS_HOME, else the XDG data directory"),
    Options.optional
  )
}
