/**
 * The SQLite file that holds the log: opened with every setting that the promises rest on, set and read back, and written
 * in immediate transactions that wait their turn.
 */
import { closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs"
import { dirname } from "node:path"
import Sqlite from "better-sqlite3"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { applicationId, refuseForeign } from "./Identity.ts"
import { LogBusy, LogDamaged, type LogFailure, LogReplaced, LogUnavailable } from "./LogErrors.ts"
import * as Migrations from "./Migrations.ts"
import { failureOf } from "./SqliteFailures.ts"

/** Before this version, several writers could corrupt a WAL file (sqlite.org/wal.html, "the WAL-reset bug"). */
const minimumSqlite = [3, 51, 3] as const

/** Every setting matters; SQLite ignores names that it does not know, so each one is read back. */
const settings: ReadonlyArray<readonly [name: string, value: string | number, readBack: string | number]> = [
  ["journal_mode", "WAL", "wal"],
  // A commit is on disk before it is acknowledged. Never left to the default: that differs from open to open.
  ["synchronous", "FULL", 2],
  // SQLite's own waiting is not fair; see `immediate`, which does the waiting.
  ["busy_timeout", 20, 20],
  ["foreign_keys", "ON", 1],
  // A REPLACE would otherwise delete without asking the triggers.
  ["recursive_triggers", "ON", 1],
  ["trusted_schema", "OFF", 0],
  ["cell_size_check", "ON", 1],
  ["checkpoint_fullfsync", "ON", 1],
  ["wal_autocheckpoint", 1000, 1000],
  ["journal_size_limit", 32 * 1024 * 1024, 32 * 1024 * 1024],
  ["mmap_size", 0, 0],
  // What is deleted leaves no bytes in the pages that are written anyway; for more, see `SqliteEventLog.destroyPayload`.
  ["secure_delete", "FAST", 2],
  ["cache_size", -16 * 1024, -16 * 1024]
]

/** A write-ahead log of more bytes than this is emptied when a command ends. */
const tidyFrom = 4 * 1024 * 1024

export interface Database {
  readonly path: string
  readonly sqlite: Sqlite.Database
  /** A prepared statement, kept for the life of the connection. */
  readonly prepare: (sql: string) => Sqlite.Statement
  /** Which file was opened, and which history was in it at the first write. */
  readonly inode: number
  readonly generation: { value: unknown }
}

/**
 * Opens the log at `path`, making and migrating it when needed. Nothing is written to a file that is not ours or that is
 * from a newer Nexus.
 */
export const open = (path: string): Effect.Effect<Database, LogFailure> =>
  Effect.gen(function* () {
    yield* guard(path, () => {
      if (existsSync(path)) return refuseForeign(path)
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      // Made here and not by SQLite, for its permissions; SQLite gives the -wal and -shm files the same.
      closeSync(openSync(path, "a", 0o600))
    })
    const sqlite = yield* guard(path, () => new Sqlite(path))
    const database = wrap(path, sqlite)
    yield* retryWhileBusy(path, () => prepareConnection(database)).pipe(
      Effect.tapError(() => Effect.sync(() => sqlite.close()))
    )
    return database
  })

/** A connection that only reads, for looking at a file that must not change: a backup, for example. */
export const openReadOnly = (path: string): Effect.Effect<Database, LogFailure> =>
  guard(path, () => {
    if (!existsSync(path)) throw new LogUnavailable({ path, reason: "missing", detail: "there is no such file" })
    if (statSync(path).size === 0) throw new LogDamaged({ path, reason: "it is empty" })
    refuseForeign(path)
    const sqlite = new Sqlite(path, { readonly: true, fileMustExist: true })
    assertSqlite(path, sqlite)
    const database = wrap(path, sqlite)
    database.generation.value = generationOf(database)
    return database
  })

/** A connection that asks nothing of the file, for saving what is in it; undefined when SQLite cannot read it at all. */
export const openAsItIs = (path: string): Effect.Effect<Database | undefined> =>
  Effect.sync(() => {
    let sqlite: Sqlite.Database | undefined
    try {
      sqlite = new Sqlite(path)
      sqlite.prepare("SELECT count(*) FROM sqlite_schema").get()
      return wrap(path, sqlite)
    } catch {
      sqlite?.close()
      return undefined
    }
  })

/** Makes a copy of a log another history than the one that it was copied from: see `Backup.restore`. */
export const renew = (path: string, generation: string): Effect.Effect<void, LogFailure> =>
  guard(path, () => {
    const sqlite = new Sqlite(path)
    try {
      sqlite.prepare("DELETE FROM meta WHERE key = 'device'").run()
      sqlite.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('generation', ?)").run(generation)
    } finally {
      sqlite.close()
    }
  })

/** Gives a copy of a log a journal of its own kind, so that the one file is all there is. */
export const seal = (path: string): Effect.Effect<void, LogFailure> =>
  guard(path, () => {
    const sqlite = new Sqlite(path)
    try {
      sqlite.pragma("journal_mode = DELETE")
    } finally {
      sqlite.close()
    }
  })

/** An empty database outside the log, for folding events aside: in memory, spilling to a nameless temporary file. */
export const openScratch = (): Database => wrap("", new Sqlite(""))

/** Closes the connection; a write-ahead log that has grown is emptied first, if nobody is reading from it. */
export const close = (database: Database): Effect.Effect<void> =>
  Effect.sync(() => {
    if (!database.sqlite.open) return
    const grown = (statSync(`${database.path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > tidyFrom
    if (grown && database.path !== "") emptyWalNow(database)
    database.sqlite.close()
  })

/** Moves everything from the write-ahead log into the file. While somebody reads, that is left to whoever closes last. */
export const emptyWal = (database: Database): Effect.Effect<void> => Effect.sync(() => emptyWalNow(database))

const emptyWalNow = ({ sqlite }: Database): void => {
  try {
    sqlite.pragma("wal_checkpoint(TRUNCATE)")
  } catch {
    // It is in use.
  }
}

/**
 * Runs `body` in one immediate transaction: it sees and leaves a consistent log, or nothing of it happens. Waits for other
 * writers up to `patienceMs`; who has waited longer asks more often, so that nobody starves.
 */
export const immediate = <A>(database: Database, body: () => A, patienceMs = 30_000): Effect.Effect<A, LogFailure> =>
  retryWhileBusy(database.path, () => transaction(database, body), patienceMs)

/** Runs `body` in one read transaction, so that all its reads see the same log. Keep it short: a long one makes the WAL grow. */
export const snapshot = <A>(database: Database, body: () => A): Effect.Effect<A, LogFailure> =>
  retryWhileBusy(database.path, () => {
    if (database.sqlite.inTransaction) return body()
    database.sqlite.exec("BEGIN")
    try {
      return body()
    } finally {
      database.sqlite.exec("COMMIT")
    }
  })

/** Runs a synchronous piece of work on the log, naming what SQLite throws. Errors of ours pass through. */
export const guard = <A>(path: string, body: () => A): Effect.Effect<A, LogFailure> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(body())
    } catch (cause) {
      const failure = failureOf(path, cause)
      return failure === undefined ? Effect.die(cause) : Effect.fail(failure)
    }
  })

const wrap = (path: string, sqlite: Sqlite.Database): Database => {
  const statements = new Map<string, Sqlite.Statement>()
  return {
    path,
    sqlite,
    inode: path === "" ? 0 : statSync(path).ino,
    generation: { value: undefined },
    prepare: (sql) => {
      let statement = statements.get(sql)
      if (statement === undefined) {
        statement = sqlite.prepare(sql)
        statements.set(sql, statement)
      }
      return statement
    }
  }
}

const transaction = <A>(database: Database, body: () => A): A => {
  database.prepare("BEGIN IMMEDIATE").run()
  try {
    // Looked at while holding the lock: an append never goes to a file that is gone, nor into another history.
    if (database.path !== "") stillTheSame(database)
    const result = body()
    database.prepare("COMMIT").run()
    return result
  } catch (cause) {
    // SQLite has rolled back by itself after some errors (a full disk, for one).
    if (database.sqlite.inTransaction) database.prepare("ROLLBACK").run()
    throw cause
  }
}

/** Whoever deletes the file, or moves another to its name, changes the inode; a restore changes the generation. */
const stillTheSame = (database: Database): void => {
  const inode = statSync(database.path, { throwIfNoEntry: false })?.ino
  if (inode !== database.inode) throw new LogReplaced({ path: database.path })
  requireSameHistory(database)
}

/** Thrown: LogReplaced, when a restore has put another history into the file since it was opened. */
export const requireSameHistory = (database: Database): void => {
  if (database.path !== "" && generationOf(database) !== database.generation.value) {
    throw new LogReplaced({ path: database.path })
  }
}

const generationOf = (database: Database): unknown =>
  database.prepare("SELECT value FROM meta WHERE key = 'generation'").pluck().get() ?? ""

const retryWhileBusy = <A>(path: string, body: () => A, patienceMs = 30_000): Effect.Effect<A, LogFailure> =>
  Effect.gen(function* () {
    // Not by the wall clock, which may jump while we wait.
    const started = yield* Clock.currentTimeNanos
    while (true) {
      const result = yield* Effect.either(guard(path, body))
      if (result._tag === "Right") return result.right
      const waitedMs = Number((yield* Clock.currentTimeNanos) - started) / 1e6
      if (result.left._tag !== "LogBusy") return yield* result.left
      if (waitedMs >= patienceMs) return yield* new LogBusy({ path, waitedMs })
      // Pauses shrink from about 10 ms to 1 ms over the first second of waiting.
      const longest = Math.max(1, 10 - waitedMs / 100)
      yield* Effect.sleep(yield* Random.nextRange(0, longest))
    }
  })

const prepareConnection = (database: Database): void => {
  const { path, sqlite } = database
  assertSqlite(path, sqlite)
  for (const [name, value, expected] of settings) {
    sqlite.pragma(`${name} = ${value}`)
    const actual = sqlite.pragma(name, { simple: true })
    // SQLite builds for one purpose may leave a pragma out; then it answers nothing. journal_mode and the like always answer.
    if (actual !== expected) {
      throw new LogUnavailable({
        path,
        reason: "unsupported",
        detail: `SQLite keeps ${name} at ${String(actual)}, not ${String(value)}`
      })
    }
  }
  if (!Migrations.isCurrent(sqlite)) migrate(database)
  Migrations.verify(path, sqlite)
  database.generation.value = generationOf(database)
}

const migrate = ({ path, sqlite }: Database): void =>
  sqlite.transaction(() => Migrations.migrate(path, sqlite, applicationId)).immediate()

const assertSqlite = (path: string, sqlite: Sqlite.Database): void => {
  const version = String(sqlite.prepare("SELECT sqlite_version()").pluck().get())
  const parts = version.split(".").map(Number)
  const difference = minimumSqlite.map((least, index) => (parts[index] ?? 0) - least).find((delta) => delta !== 0) ?? 0
  if (difference < 0) {
    const detail = `SQLite ${version} can damage a log with several writers; ${minimumSqlite.join(".")} or later is needed`
    throw new LogUnavailable({ path, reason: "unsupported", detail })
  }
}
