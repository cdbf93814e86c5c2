/** `nexus workspace exec` and `ssh`, for the list of commands: they run in files of their own, without this command line. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { globals } from "../Globals.ts"
import { name } from "./life.ts"

const words = Args.text({ name: "COMMAND" }).pipe(Args.repeated)

export const execHelpCommand = Command.make(
  "exec",
  {
    name,
    words,
    cwd: Options.text("cwd").pipe(Options.optional),
    env: Options.text("env").pipe(Options.repeated),
    timeout: Options.text("timeout").pipe(Options.optional),
    detach: Options.boolean("detach"),
    ...globals
  },
  () => Effect.void
).pipe(Command.withDescription("Run a command in a workspace, with its own output and exit code"))

export const sshHelpCommand = Command.make(
  "ssh",
  { name, words, forwardAgent: Options.boolean("forward-agent").pipe(Options.withAlias("A")), ...globals },
  () => Effect.void
).pipe(Command.withDescription("Open a shell in a workspace"))
