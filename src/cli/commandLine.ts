/** A command line with the commands of a tree: finds the one that is meant, runs it, and says what went wrong. */
import { stripVTControlCharacters } from "node:util"
import type * as Terminal from "@effect/platform/Terminal"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import type { ValidationError } from "@effect/cli/ValidationError"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Invocation, UsageWrong } from "./Invocation.ts"
import type { Output } from "./Output.ts"
import { print } from "./print.ts"
import { run } from "./run.ts"
import { takeGlobals } from "./takeGlobals.ts"
import { usageFailure, type Vocabulary } from "./usageFailure.ts"
import { version } from "./version.ts"

/** The library prints what is wrong with a command line by itself; `main` does that once, for all failures alike. */
const plain = !process.stdout.isTTY || process.env["NO_COLOR"] !== undefined
const quiet: Console.Console = {
  ...Context.get(DefaultServices.liveServices, Console.Console),
  log: (text: unknown) =>
    Effect.sync(() => {
      const shown = onceNamed(String(text))
      print(1, `${plain ? stripVTControlCharacters(shown) : shown}\n`)
    }),
  error: () => Effect.void
}

/** In its help, the library names the first word of a command with three or more twice. */
export const onceNamed = (help: string): string => help.replaceAll(/(?<=- .*?)\b([a-z]+) \1\b(?= [a-z])/g, "$1")

/** `vocabulary`: for guesses at what was meant. */
export const commandLine = <E, A>(
  tree: Command.Command<"nexus", Output | Invocation | Terminal.Terminal, E, A>,
  vocabulary: Vocabulary
) => {
  const parse = Command.run(tree, { name: "Nexus", version })
  return (args: ReadonlyArray<string>): Promise<void> => {
    const globals = takeGlobals(args)
    const { rest } = globals
    const wrong = unusable(rest)
    const command: Effect.Effect<void, E | ValidationError | UsageWrong, Output | Invocation> =
      wrong === undefined
        ? parse(["node", "nexus", ...rest]).pipe(Effect.withConsole(quiet), Effect.provide(platform))
        : new UsageWrong({ message: wrong })
    return run(command, globals, (failure) => usageFailure(failure, rest, vocabulary))
  }
}

const platform = Layer.mergeAll(
  NodeFileSystem.layer,
  NodePath.layer,
  NodeTerminal.layer,
  CliConfig.layer({ showBuiltIns: false })
)

/** What the library would take, or misunderstand. */
const unusable = (args: ReadonlyArray<string>): string | undefined => {
  if (args.at(-1) === "--home") return "--home: the folder is missing."
  const builtIn = args.find((word) => /^--(?:wizard|completions|log-level)(?:=|$)/.test(word))
  return builtIn === undefined ? undefined : `There is no option ${builtIn}.`
}
