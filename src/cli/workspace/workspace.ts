/** `nexus workspace`: isolated places for agents' work. */
import * as Command from "@effect/cli/Command"
import { envCommand, openCommand, useCommand } from "./around.ts"
import { diffCommand, mergeCommand, promoteCommand } from "./branch.ts"
import { checkpointCommand } from "./checkpoint.ts"
import { copyCommand } from "./copy.ts"
import { createCommand } from "./create.ts"
import { execCommand } from "./execHelp.ts"
import { keepCommand } from "./keepHelp.ts"
import { deleteCommand, pauseCommand, repairCommand, resumeCommand, startCommand, stopCommand } from "./life.ts"
import { listCommand, showCommand } from "./show.ts"
import { logsCommand } from "./measure.ts"
import { portCommand } from "./port.ts"
import { setupCommand } from "./setup.ts"
import { templateCommand } from "./template.ts"
import { sshHelpCommand } from "./sshHelp.ts"
import { syncCommand } from "./sync.ts"
import { statsCommand } from "./stats.ts"
import { sshConfigCommand } from "./sshConfig.ts"

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
    setupCommand,
    templateCommand,
    execCommand,
    sshHelpCommand,
    sshConfigCommand,
    copyCommand,
    portCommand,
    envCommand,
    useCommand,
    openCommand,
    logsCommand,
    statsCommand,
    keepCommand,
    syncCommand,
    diffCommand,
    mergeCommand,
    promoteCommand,
    checkpointCommand
  ]),
  Command.withDescription("Give a task its own worktree, branch and container")
)
