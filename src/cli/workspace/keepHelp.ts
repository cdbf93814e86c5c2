/** `nexus workspace keep`, for the list of commands: it runs in `keep.ts`, without this command line. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { globals } from "../Globals.ts"

export const keepCommand = Command.make(
  "keep",
  {
    once: Options.boolean("once").pipe(Options.withDescription("One round, then end")),
    every: Options.text("every").pipe(
      Options.withDescription("How far rounds are apart; default: 1m"),
      Options.optional
    ),
    ...globals
  },
  () => Effect.void
).pipe(Command.withDescription("Look after the workspaces that run; Nexus starts it by itself"))
