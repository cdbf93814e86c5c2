/** The tables that a rebuild fills beside the live ones, found again when the rebuild was killed. */
import type { Database } from "../events/Database.ts"
import { isAlive } from "../events/isAlive.ts"

/** Drops the shadow tables of rebuilds whose process is gone. */
export const dropRemains = (database: Database): void => {
  const rebuilds = database.prepare("SELECT suffix, pid FROM projection_rebuilds").all() as ReadonlyArray<{
    suffix: string
    pid: number
  }>
  for (const { suffix, pid } of rebuilds) {
    if (!isAlive(pid)) dropShadows(database, suffix)
  }
}

/** Drops the shadow tables of one rebuild. */
export const dropShadows = (database: Database, suffix: string): void => {
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, -length(@suffix)) = @suffix")
    .pluck()
    .all({ suffix }) as ReadonlyArray<string>
  for (const table of tables) database.sqlite.exec(`DROP TABLE "${table}"`)
  database.prepare("DELETE FROM projection_rebuilds WHERE suffix = ?").run(suffix)
}
