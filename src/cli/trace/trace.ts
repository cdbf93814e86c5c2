/** `nexus trace`: who wrote what. */
import * as Command from "@effect/cli/Command"
import { blameCommand } from "./blame.ts"
import { checkCommand } from "./check.ts"
import { diffCommand } from "./diff.ts"
import { exportCommand } from "./export.ts"
import { importCommand } from "./import.ts"
import { notesCommand } from "./notes.ts"
import { queryCommand } from "./query.ts"
import { showCommand } from "./show.ts"
import { statsCommand } from "./stats.ts"
import { whyCommand } from "./why.ts"

export const traceCommand = Command.make("trace").pipe(
  Command.withSubcommands([
    blameCommand,
    queryCommand,
    whyCommand,
    showCommand,
    statsCommand,
    exportCommand,
    importCommand,
    notesCommand,
    checkCommand,
    diffCommand
  ]),
  Command.withDescription("Ask who wrote each line: which model, in which conversation, or a person")
)
