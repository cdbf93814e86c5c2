/** The command line of Nexus: all of its commands. */
import { stripVTControlCharacters } from "node:util"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import { backupCommand, restoreCommand } from "./backup.ts"
import { boulderCommand } from "./boulder/boulder.ts"
import { inboxCommand } from "./boulder/inbox.ts"
import { commandLine, onceNamed } from "./commandLine.ts"
import { completionsCommand, completionsOf } from "./completions.ts"
import { configCommand } from "./config/config.ts"
import { demoCommand } from "./demo.ts"
import { eventsCommand } from "./events.ts"
import { gateCommand } from "./gate/gate.ts"
import { hookHelpCommand } from "./hookHelp.ts"
import { initCommand, uninstallCommand } from "./init.ts"
import { projectionsCommand } from "./projections.ts"
import { recordCommand } from "./record.ts"
import { replayCommand } from "./replay.ts"
import { sessionCommand, sessionsCommand } from "./sessions.ts"
import { doctorCommand, statusCommand } from "./status.ts"
import { taskCommand } from "./task/task.ts"
import { traceCommand } from "./trace/trace.ts"
import type { Vocabulary } from "./usageFailure.ts"
import { verifyCommand } from "./verify.ts"
import { watchCommand } from "./watch.ts"
import { workspaceCommand } from "./workspace/workspace.ts"

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

/** Every command by the words that call it, with its options, as the help has them. */
export const vocabulary: Vocabulary = () => {
  const help = onceNamed(stripVTControlCharacters(HelpDoc.toAnsiText(Command.getHelp(nexus, CliConfig.defaultConfig))))
  return help.split("\n").flatMap((line) => {
    const [, path] = /^\s*- ([a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]+)*)*)(?= |$)/.exec(line) ?? []
    return path === undefined ? [] : [{ path: path.split(" "), options: line.match(/--[a-z][a-z-]*/g) ?? [] }]
  })
}

export const main = commandLine(nexus, vocabulary)
