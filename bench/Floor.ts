/** What better-sqlite3 does at best: the same table and indexes, bare inserts, the same settings and the same disk. */
import Sqlite from "better-sqlite3"

export type Row = ReadonlyArray<unknown>

export interface Floor {
  /** One transaction a row. */
  readonly insertEach: (rows: ReadonlyArray<Row>) => void
  /** All rows in one transaction. */
  readonly insertAll: (rows: ReadonlyArray<Row>) => void
  readonly close: () => void
}

const columns = `position, id, origin, seq, hlc_ms, hlc_count, seen, stream, version, type, schema, time, project, actor,
  correlation, causation, key, salt, payload, payload_hash, hash`

/** A file of its own at `path`, with the table that `log` has. */
export const open = (path: string, log: Sqlite.Database): Floor => {
  const sqlite = new Sqlite(path)
  for (const pragma of [
    "journal_mode = WAL",
    "synchronous = FULL",
    "wal_autocheckpoint = 4000",
    "cache_size = -16384"
  ]) {
    sqlite.pragma(pragma)
  }
  sqlite.exec(tableAndIndexes(log))
  const insert = sqlite.prepare(`INSERT INTO events (${columns}) VALUES (${columns.replaceAll(/\w+/g, "?")})`)
  const all = sqlite.transaction((rows: ReadonlyArray<Row>) => {
    for (const row of rows) insert.run(...row)
  })
  return {
    insertEach: (rows) => {
      for (const row of rows) insert.run(...row)
    },
    insertAll: (rows) => all.immediate(rows),
    close: () => sqlite.close()
  }
}

/** The rows that the log has after a position, as they are. */
export const rowsAfter = (log: Sqlite.Database, position: number): ReadonlyArray<Row> =>
  log.prepare(`SELECT ${columns} FROM events WHERE position > ? ORDER BY position`).raw().all(position) as Array<Row>

/** As the log has them, without its triggers. */
const tableAndIndexes = (log: Sqlite.Database): string =>
  log
    .prepare<[], string>(
      "SELECT sql FROM sqlite_schema WHERE tbl_name = 'events' AND type <> 'trigger' AND sql IS NOT NULL"
    )
    .pluck()
    .all()
    .join(";\n")
