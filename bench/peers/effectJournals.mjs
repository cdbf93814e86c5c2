// Effect's event journal (@effect/experimental): in SQLite through @effect/sql, and in memory. It has no call that writes
// several of one's own entries: a batch is written one by one inside one transaction.
import { join } from "node:path"
import * as EventJournal from "@effect/experimental/EventJournal"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlEventJournal from "@effect/sql/SqlEventJournal"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const peer = (name, durability, runtime, together) => ({
  name,
  durability,
  append: (batches) =>
    runtime.runPromise(
      Effect.gen(function* () {
        const journal = yield* EventJournal.EventJournal
        for (const { stream, events } of batches) {
          const writes = Effect.forEach(
            events,
            ({ type, payload }) =>
              journal.write({
                event: type,
                primaryKey: stream,
                payload: encoder.encode(JSON.stringify(payload)),
                effect: () => Effect.void
              }),
            { discard: true }
          )
          yield* events.length === 1 ? writes : together(writes)
        }
      })
    ),
  readAll: () =>
    runtime.runPromise(
      Effect.gen(function* () {
        const entries = yield* (yield* EventJournal.EventJournal).entries
        let count = 0
        for (const { payload } of entries) if (JSON.parse(decoder.decode(payload)) !== undefined) count += 1
        return count
      })
    ),
  close: () => runtime.dispose()
})

const openSql = async (folder, settings) => {
  const runtime = ManagedRuntime.make(
    SqlEventJournal.layer().pipe(Layer.provideMerge(SqliteClient.layer({ filename: join(folder, "journal.db") })))
  )
  const durability = await runtime.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      for (const setting of settings) yield* sql.unsafe(setting)
      const [{ journal_mode: journal }] = yield* sql.unsafe("PRAGMA journal_mode")
      const [{ synchronous }] = yield* sql.unsafe("PRAGMA synchronous")
      return `${journal.toUpperCase()}, synchronous=${synchronous}`
    })
  )
  const together = (writes) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(writes))
  return { runtime, durability, together }
}

export const openFull = async (folder) => {
  const { runtime, durability, together } = await openSql(folder, ["PRAGMA synchronous = FULL"])
  return peer("Effect SqlEventJournal, synchronous=FULL", durability, runtime, together)
}

export const openDefault = async (folder) => {
  const { runtime, durability, together } = await openSql(folder, [])
  return peer("Effect SqlEventJournal, as it comes", durability, runtime, together)
}

export const openMemory = async () =>
  peer(
    "Effect EventJournal in memory, for reference",
    "none: gone with the process",
    ManagedRuntime.make(EventJournal.layerMemory),
    (writes) => writes
  )
