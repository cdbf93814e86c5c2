/** `nexus workspace ssh`, for the list of commands: it runs in `ssh.ts`, without this command line. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { globals } from "../Globals.ts"
import { name } from "./show.ts"

const words = Args.text({ name: "COMMAND" }).pipe(Args.repeated)

export const sshHelpCommand = Command.make(
  "ssh",
  { name, words, forwardAgent: Options.boolean("forward-agent").pipe(Options.withAlias("A")), ...globals },
  () => Effect.void
).pipe(Command.withDescription("Open a shell in a workspace"))
