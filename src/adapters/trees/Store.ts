/**
 * The store's file: objects by the SHA-256 of their bytes, many small ones compressed together, in SQLite, which makes each keep
 * whole or not there at all, whatever is killed or full, and lets processes take turns.
 *
 * - `packs`: compressed bytes of one or more objects.
 * - `objects`: where in which pack an object is.
 * - `trees`: what was kept, and when. A tree's row is written last: what has none is garbage.
 * - `archives`: which file in the folder of that name is whose, and when it was kept.
 * - `store`: which store this is, and its generation, which goes up whenever objects are dropped.
 */
import { randomUUID } from "node:crypto"
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import { TreeStoreFailed } from "../../app/ports/TreeStore.ts"

export interface Store {
  readonly folder: string
  readonly sqlite: Sqlite.Database
  readonly id: string
  readonly prepare: (sql: string) => Sqlite.Statement
  readonly generation: () => number
  /** In one transaction that no other process is in. */
  readonly exclusively: <A>(body: () => A) => A
  /** In one transaction that sees the store as it is at its beginning, and reads faster than many. Writes nothing. */
  readonly reading: <A>(body: () => A) => A
  readonly close: () => void
}

/** "NxTr", for `file` and for not writing into what is not ours. */
const applicationId = 0x4e78_5472
const format = 1

/** Milliseconds: a collection of a large store takes a while. */
const patience = 60_000

const tables = `
  CREATE TABLE store (id TEXT NOT NULL, generation INTEGER NOT NULL) STRICT;
  CREATE TABLE packs (id INTEGER PRIMARY KEY AUTOINCREMENT, bytes INTEGER NOT NULL, compressed INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
  CREATE TABLE objects (hash BLOB PRIMARY KEY, pack INTEGER NOT NULL, start INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX objects_by_pack ON objects (pack);
  CREATE TABLE trees (hash BLOB PRIMARY KEY, kept_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE archives (hash BLOB PRIMARY KEY, name TEXT NOT NULL, bytes INTEGER NOT NULL, kept_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`

/** Thrown: what SQLite and the file system throw; TreeStoreFailed for a file that is not ours. */
export const open = (folder: string): Store => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  const path = join(folder, "trees.db")
  // Made here and not by SQLite, for its permissions; SQLite gives the -wal and -shm files the same.
  closeSync(openSync(path, "a", 0o600))
  const sqlite = new Sqlite(path, { timeout: patience })
  try {
    return prepared(folder, path, sqlite)
  } catch (cause) {
    sqlite.close()
    throw cause
  }
}

const prepared = (folder: string, path: string, sqlite: Sqlite.Database): Store => {
  if (sqlite.pragma("user_version", { simple: true }) === 0) create(sqlite)
  const isOurs = sqlite.pragma("application_id", { simple: true }) === applicationId
  if (!isOurs || sqlite.pragma("user_version", { simple: true }) !== format)
    throw new TreeStoreFailed({
      operation: "Opening",
      path,
      detail: isOurs ? "it is from a newer Nexus" : "it is not a store of Nexus'",
      advice: isOurs ? "Use that one" : "Move it away"
    })
  for (const setting of [
    "synchronous = FULL",
    "cell_size_check = ON",
    "trusted_schema = OFF",
    "mmap_size = 0",
    "cache_size = -16384",
    "journal_size_limit = 33554432"
  ])
    sqlite.pragma(setting)
  const statements = new Map<string, Sqlite.Statement>()
  const prepare = (sql: string): Sqlite.Statement => {
    const found = statements.get(sql) ?? sqlite.prepare(sql)
    statements.set(sql, found)
    return found
  }
  return {
    folder,
    sqlite,
    id: String(prepare("SELECT id FROM store").pluck().get()),
    prepare,
    generation: () => Number(prepare("SELECT generation FROM store").pluck().get()),
    exclusively: (body) => sqlite.transaction(body).immediate(),
    reading: (body) => sqlite.transaction(body).deferred(),
    close: () => sqlite.close()
  }
}

const create = (sqlite: Sqlite.Database): void => {
  // Neither can be changed once there is a table.
  sqlite.pragma("page_size = 8192")
  sqlite.pragma("auto_vacuum = INCREMENTAL")
  sqlite.pragma("journal_mode = WAL")
  sqlite
    .transaction(() => {
      // Another process may have been faster.
      if (sqlite.pragma("user_version", { simple: true }) !== 0) return
      sqlite.exec(tables)
      sqlite.prepare("INSERT INTO store VALUES (?, 1)").run(randomUUID())
      sqlite.pragma(`application_id = ${applicationId}`)
      sqlite.pragma(`user_version = ${format}`)
    })
    .immediate()
}
