/**
 * `nexus workspace list` out of the read model alone: people have it in their prompts, and scripts ask it often. Whatever is out of the
 * ordinary (a project that was never seen, a read model that is behind, words to explain) is left to the command line proper.
 */
import { existsSync } from "node:fs"
import Sqlite from "better-sqlite3"
import { checkoutOf } from "../../adapters/git/Checkout.ts"
import { locate } from "../../events/Home.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import { printResult, style } from "../printResult.ts"
import { takeGlobals } from "../takeGlobals.ts"
import { listLines, workspaceView } from "./workspaceLines.ts"

export const main = async (args: ReadonlyArray<string>): Promise<void> => {
  const { rest, home, json } = takeGlobals(args)
  const items = listed(rest.slice(2), locate(home, process.env).log)
  if (items === undefined) return (await import("../main.ts")).main(args)
  printResult(json, { items: items.map((item) => workspaceView(item)) }, () => listLines(items, { style }))
}

const listed = (words: ReadonlyArray<string>, log: string): ReadonlyArray<Rows.Listed> | undefined => {
  const everywhere = words.length === 1 && words[0] === "--all"
  if ((words.length > 0 && !everywhere) || !existsSync(log)) return undefined
  try {
    const sqlite = new Sqlite(log, { readonly: true, fileMustExist: true })
    try {
      if (!isInStep(sqlite)) return undefined
      if (everywhere) return Rows.list(sqlite)
      const project = projectIn(sqlite)
      return project === undefined ? undefined : Rows.list(sqlite, project)
    } finally {
      sqlite.close()
    }
  } catch {
    return undefined
  }
}

const isInStep = (sqlite: Sqlite.Database): boolean =>
  sqlite
    .prepare("SELECT 1 FROM projections WHERE name = 'workspaces' AND version = ? AND position IS NULL")
    .get(Rows.version) !== undefined

/** Of a checkout that is known, and not only by its path. */
const projectIn = (sqlite: Sqlite.Database): string | undefined => {
  const checkout = checkoutOf(process.cwd())
  return checkout === undefined
    ? undefined
    : (sqlite
        .prepare(
          "SELECT id FROM checkouts JOIN projects ON projects.id = checkouts.project WHERE path = ? AND root IS NOT NULL"
        )
        .pluck()
        .get(checkout.path) as string | undefined)
}
