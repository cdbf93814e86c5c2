/** The command line of Nexus: finds the command, runs it, and says what went wrong. */
import { stripVTControlCharacters } from "node:util"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { backupCommand, restoreCommand } from "./backup.ts"
import { boulderCommand } from "./boulder/boulder.ts"
import { inboxCommand } from "./boulder/inbox.ts"
import { completionsCommand, completionsOf } from "./completions.ts"
import { configCommand } from "./config/config.ts"
import { demoCommand } from "./demo.ts"
import { eventsCommand } from "./events.ts"
import { gateCommand } from "./gate/gate.ts"
import { hookHelpCommand } from "./hookHelp.ts"
import { initCommand, uninstallCommand } from "./init.ts"
import { UsageWrong } from "./Invocation.ts"
import { print } from "./print.ts"
import { projectionsCommand } from "./projections.ts"
import { recordCommand } from "./record.ts"
import { replayCommand } from "./replay.ts"
import { sessionCommand, sessionsCommand } from "./sessions.ts"
import { doctorCommand, statusCommand } from "./status.ts"
import { run } from "./run.ts"
import { takeGlobals } from "./takeGlobals.ts"
import { taskCommand } from "./task/task.ts"
import { traceCommand } from "./trace/trace.ts"
import { usageFailure } from "./usageFailure.ts"
import { verifyCommand } from "./verify.ts"
import { watchCommand } from "./watch.ts"
import { workspaceCommand } from "./workspace/workspace.ts"
import { version } from "./version.ts"

const tree = (completions: ReturnType<typeof completionsCommand>) =>
  Command.make("nexus").pipe(
    Command.withDescription("Records what AI coding agents do, in a log that can be proved"),
    Command.withSubcommands([
      initCommand,
      uninstallCommand,
      statusCommand,
      doctorCommand,
      demoCommand,
      sessionsCommand,
      sessionCommand,
      eventsCommand,
      replayCommand,
      verifyCommand,
      projectionsCommand,
      backupCommand,
      restoreCommand,
      recordCommand,
      traceCommand,
      taskCommand,
      gateCommand,
      boulderCommand,
      inboxCommand,
      configCommand,
      workspaceCommand,
      watchCommand,
      hookHelpCommand,
      completions
    ])
  )

/** The commands to complete are those of a tree of its own: a command cannot hold the tree that it is in. */
const nexus = tree(
  completionsCommand((shell) => completionsOf(tree(completionsCommand(() => Effect.succeed([]))), shell))
)

/** The library prints what is wrong with a command line by itself; `main` does that once, for all failures alike. */
const plain = !process.stdout.isTTY || process.env["NO_COLOR"] !== undefined
const quiet: Console.Console = {
  ...Context.get(DefaultServices.liveServices, Console.Console),
  log: (text: unknown) =>
    Effect.sync(() => print(1, `${plain ? stripVTControlCharacters(String(text)) : String(text)}\n`)),
  error: () => Effect.void
}

const parse = Command.run(nexus, { name: "Nexus", version })

export const main = (args: ReadonlyArray<string>): Promise<void> => {
  const globals = takeGlobals(args)
  const { rest } = globals
  const wrong = unusable(rest)
  const command =
    wrong === undefined
      ? parse(["node", "nexus", ...rest]).pipe(Effect.withConsole(quiet), Effect.provide(platform))
      : new UsageWrong({ message: wrong })
  return run(command, globals, (failure) => usageFailure(failure, rest, vocabulary))
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

/** Every command and option, as the help has them. */
const vocabulary = (): ReadonlyArray<string> => {
  const help = stripVTControlCharacters(HelpDoc.toAnsiText(Command.getHelp(nexus, CliConfig.defaultConfig)))
  return [...new Set(help.match(/--[a-z][a-z-]*|(?<=- )[a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]+)*)*/g))].flatMap((word) =>
    word.startsWith("--") ? [word] : word.split(" ")
  )
}
