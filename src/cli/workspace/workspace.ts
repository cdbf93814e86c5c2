/** `nexus workspace`: isolated places for agents' work. */
import * as Command from "@effect/cli/Command"
import { checkpointCommand } from "./checkpoint.ts"
import { createCommand } from "./create.ts"
import { execCommand } from "./execHelp.ts"
import {
  deleteCommand,
  listCommand,
  pauseCommand,
  repairCommand,
  resumeCommand,
  showCommand,
  startCommand,
  stopCommand
} from "./life.ts"

export const workspaceCommand = Command.make("workspace").pipe(
  Command.withSubcommands([
    createCommand,
    listCommand,
    showCommand,
    startCommand,
    stopCommand,
    pauseCommand,
    resumeCommand,
    deleteCommand,
    repairCommand,
    execCommand,
    checkpointCommand
  ]),
  Command.withDescription("Give a task its own worktree, branch and container")
)
