/** `nexus completions SHELL`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { globals } from "./Globals.ts"
import { Output } from "./Output.ts"

export type Shell = "bash" | "zsh" | "fish"

const shell = Args.choice<Shell>(
  [
    ["bash", "bash"],
    ["zsh", "zsh"],
    ["fish", "fish"]
  ],
  { name: "SHELL" }
)

/** `complete`: makes the script for a shell, a line at a time. */
export const completionsCommand = (complete: (shell: Shell) => Effect.Effect<ReadonlyArray<string>>) =>
  Command.make("completions", { shell, ...globals }, (given) =>
    Effect.gen(function* () {
      const output = yield* Output
      const lines = yield* complete(given.shell)
      yield* output.result({ shell: given.shell, script: lines.join("\n") }, () => lines)
    })
  ).pipe(Command.withDescription('Print shell completions: eval "$(nexus completions bash)", or source them in fish'))

export const completionsOf = <Name extends string, R, E, A>(root: Command.Command<Name, R, E, A>, kind: Shell) =>
  ({ bash: Command.getBashCompletions, zsh: Command.getZshCompletions, fish: Command.getFishCompletions })[kind](
    root,
    "nexus"
  )
