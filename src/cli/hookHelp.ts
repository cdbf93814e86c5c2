/** `nexus hook`, for the list of commands: it runs in `hook.ts`, without this command line. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { globals } from "./Globals.ts"

export const hookHelpCommand = Command.make(
  "hook",
  { agent: Args.text({ name: "AGENT" }), ...globals },
  () => Effect.void
).pipe(Command.withDescription("Record one hook payload from stdin; what installed hooks run"))
