/**
 * `nexus workspace list` out of the read model alone: people have it in their prompts, and scripts ask it often. Whatever is out of the
 * ordinary (a project that was never seen, a read model that is behind, words to explain) is left to the command line proper.
 */
import { locate } from "../../events/Home.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import { printResult, style } from "../printResult.ts"
import { takeGlobals } from "../takeGlobals.ts"
import { inReadModel, projectIn } from "./readModel.ts"
import { listLines, workspaceView } from "./workspaceLines.ts"

export const main = async (args: ReadonlyArray<string>): Promise<void> => {
  const { rest, home, json } = takeGlobals(args)
  const items = listed(rest.slice(2), locate(home, process.env).log)
  if (items === undefined) return (await import("../main.ts")).main(args)
  printResult(json, { items: items.map((item) => workspaceView(item)) }, () => listLines(items, { style }))
}

const listed = (words: ReadonlyArray<string>, log: string): ReadonlyArray<Rows.Listed> | undefined => {
  const everywhere = words.length === 1 && words[0] === "--all"
  if (words.length > 0 && !everywhere) return undefined
  return inReadModel(log, (sqlite) => {
    if (everywhere) return Rows.list(sqlite)
    const project = projectIn(sqlite)
    return project === undefined ? undefined : Rows.list(sqlite, project)
  })
}
