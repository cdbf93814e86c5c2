/** A log that is changed behind the program's back, and what verification says of it. */
import { randomUUID } from "node:crypto"
import { copyFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Database from "../../../src/events/Database.ts"
import { verify, type VerifyOptions } from "../../../src/events/Verify.ts"
import { scratch } from "../../support/log.ts"
import { onLogAt, sixtyEvents } from "./samples.ts"

export const tables = ["events", "names", "heads", "blobs"] as const
export type TableName = (typeof tables)[number]

/** A log of sixty events in one file, without the triggers that would be in a tamperer's way. */
export const temptingLog = async () => {
  const folder = scratch()
  const path = join(folder.path, "nexus.db")
  await onLogAt(path, sixtyEvents)
  const sqlite = new Sqlite(path)
  for (const trigger of ["events_stay", "events_keep", "names_stay", "names_keep"])
    sqlite.exec(`DROP TRIGGER ${trigger}`)
  sqlite.pragma("journal_mode = DELETE")
  return { path, folder: folder.path, sqlite, [Symbol.dispose]: () => (sqlite.close(), folder[Symbol.dispose]()) }
}

type Change = (sqlite: Sqlite.Database) => void

/** A change by statements. */
export const sql =
  (statements: string): Change =>
  (sqlite) =>
    void sqlite.exec(statements)

/** What verification says of a copy of the log after `change`. Undefined when the tables' constraints refuse the change. */
export const verifyAfter = async (path: string, change: Change, options?: VerifyOptions) => {
  // Lets the test runner have its say, in long loops.
  await setImmediate()
  const copy = `${path}.${randomUUID()}`
  copyFileSync(path, copy)
  const sqlite = new Sqlite(copy)
  try {
    change(sqlite)
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && String(cause.code).startsWith("SQLITE_CONSTRAINT"))
      return undefined
    throw cause
  } finally {
    sqlite.close()
  }
  return await Effect.runPromise(verifyFile(copy, options)).finally(() => rmSync(copy))
}

export const verifyFile = (path: string, options?: VerifyOptions) =>
  Effect.acquireUseRelease(
    Database.openReadOnly(path),
    (database) => verify(database, options),
    // What a finding leaves open is a matter of its own.
    (database) => Effect.ignore(Effect.try(() => database.sqlite.close()))
  )

export type Value = bigint | string | Buffer | null

/** Every stored value of the log's tables, read from the tables themselves and not from an index. */
export const dump = (sqlite: Sqlite.Database, table: TableName): ReadonlyArray<Record<string, Value>> => {
  const order = { events: "position", names: "id", heads: "origin", blobs: "hash" }[table]
  const from = table === "blobs" ? table : `${table} NOT INDEXED`
  return sqlite.prepare(`SELECT * FROM ${from} ORDER BY ${order}`).safeIntegers(true).all() as ReadonlyArray<
    Record<string, Value>
  >
}

/** Another value of the same kind: one of its bytes is changed. Undefined where there is no byte to change. */
export const flipped = (value: Value, at: number, by: number): Value | undefined => {
  if (value === null) return undefined
  const bytes = Buffer.alloc(8)
  if (typeof value === "bigint") {
    bytes.writeBigInt64BE(value)
    flipAt(bytes, at, by)
    return bytes.readBigInt64BE()
  }
  const copy = Buffer.from(value as string)
  if (copy.length === 0) return undefined
  flipAt(copy, at, by)
  return copy
}

const flipAt = (bytes: Buffer, at: number, by: number): void => {
  const index = at % bytes.length
  bytes.writeUInt8(bytes.readUInt8(index) ^ by, index)
}

/** Puts `value` in one place of a table; text as text, whatever its bytes are. */
export const overwrite = (
  sqlite: Sqlite.Database,
  table: TableName,
  column: string,
  row: Record<string, Value>,
  value: Value
): void => {
  const isText = typeof row[column] === "string"
  const key = { events: "position", names: "id", heads: "origin", blobs: "hash" }[table]
  sqlite
    .prepare(`UPDATE ${table} SET ${column} = ${isText ? "CAST(? AS TEXT)" : "?"} WHERE ${key} = ?`)
    .run(value, row[key])
}

/** Changes events past their table's types and constraints, as only a change of the file itself can. */
export const inLooseTable = (sqlite: Sqlite.Database, statements: string): void => {
  const schema = sqlite.prepare("SELECT sql FROM sqlite_schema WHERE name = 'events'").pluck().get() as string
  const loose = schema.replace(/,\s*CHECK[\s\S]*$/, ")")
  const path = sqlite.name
  const put = (text: string) => {
    const connection = new Sqlite(path)
    connection.unsafeMode(true)
    connection.pragma("writable_schema = ON")
    connection.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = 'events'").run(text)
    connection.close()
  }
  put(loose)
  const connection = new Sqlite(path)
  connection.exec(statements)
  connection.close()
  put(schema)
}

/** The first event that a name occurs in. */
export const firstUse = (sqlite: Sqlite.Database, id: unknown): unknown =>
  sqlite
    .prepare("SELECT min(position) FROM events WHERE ? IN (origin, stream, type, project, actor, correlation)")
    .pluck()
    .get(id)
