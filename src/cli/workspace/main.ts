/** `nexus workspace …` without what the other commands stand on, which takes as long to load again. */
import * as Command from "@effect/cli/Command"
import { commandLine } from "../commandLine.ts"
import { workspaceCommand } from "./workspace.ts"

const nexus = Command.make("nexus").pipe(Command.withSubcommands([workspaceCommand]))

export const main = commandLine(nexus, async () => (await import("../main.ts")).vocabulary())
