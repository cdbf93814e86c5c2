/** Looking into the read model of workspaces, and at nothing else, for commands that must be quick. */
import { existsSync } from "node:fs"
import Sqlite from "better-sqlite3"
import { checkoutOf } from "../../adapters/git/Checkout.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"

/** Undefined as well where there is no log, or where it is to be brought up to date first. */
export const inReadModel = <A>(log: string, look: (sqlite: Sqlite.Database) => A | undefined): A | undefined => {
  if (!existsSync(log)) return undefined
  try {
    const sqlite = new Sqlite(log, { readonly: true, fileMustExist: true })
    try {
      return isInStep(sqlite) ? look(sqlite) : undefined
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
export const projectIn = (sqlite: Sqlite.Database): string | undefined => {
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
