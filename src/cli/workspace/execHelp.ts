/** `nexus workspace exec` in the help and the completions: exec.ts reads its words itself. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { globals } from "../Globals.ts"
import { name } from "./show.ts"

export const execCommand = Command.make(
  "exec",
  {
    name,
    command: Args.text({ name: "COMMAND" }).pipe(Args.withDescription("After --, with its arguments"), Args.repeated),
    cwd: Options.text("cwd").pipe(Options.withDescription("Where it runs; default: the worktree"), Options.optional),
    env: Options.text("env").pipe(
      Options.withDescription("NAME=VALUE, or NAME (taken from here); may be repeated"),
      Options.repeated
    ),
    timeout: Options.text("timeout").pipe(
      Options.withDescription("After so long it is ended, with code 124: 30s, 5m"),
      Options.optional
    ),
    detach: Options.boolean("detach").pipe(Options.withDescription("It goes on by itself")),
    ...globals
  },
  () => Effect.void
).pipe(Command.withDescription("Run a command in a workspace, with its output, input and exit code"))
