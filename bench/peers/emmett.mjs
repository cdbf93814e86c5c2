// @event-driven-io/emmett-sqlite: its event store, which opens the file for each call, and its functions on one kept
// connection.
import { join } from "node:path"
import {
  appendToStream,
  createEventStoreSchema,
  getSQLiteEventStore,
  readStream,
  sqliteConnection
} from "@event-driven-io/emmett-sqlite"

const messages = (events) => events.map(({ type, payload, actor }) => ({ type, data: payload, metadata: { actor } }))

const durabilityOf = async (connection) => {
  const { journal_mode: journal } = await connection.querySingle("PRAGMA journal_mode")
  const { synchronous } = await connection.querySingle("PRAGMA synchronous")
  return `${journal.toUpperCase()}, synchronous=${synchronous}`
}

// Its connections set their journal mode without waiting for it, so that now and then a commit finds that statement still
// in progress and fails. What a user would do: append again. How often is in the output.
const failing = /SQLITE_BUSY: cannot commit transaction - SQL statements in progress/

const insist = async (append, failed) => {
  for (;;) {
    try {
      return await append()
    } catch (cause) {
      if (!failing.test(String(cause))) throw cause
      failed()
    }
  }
}

const peer = (name, durability, append, read, close) => {
  const streams = []
  let failures = 0
  return {
    name,
    get durability() {
      return failures === 0 ? durability : `${durability}; ${failures} appends failed and were repeated`
    },
    append: async (batches) => {
      for (const { stream, events } of batches) {
        await insist(
          () => append(stream, messages(events)),
          () => (failures += 1)
        )
        streams.push(stream)
      }
    },
    readAll: async () => {
      let count = 0
      for (const stream of streams) count += (await read(stream)).events.length
      return count
    },
    close
  }
}

export const openStore = async (folder) => {
  const fileName = join(folder, "emmett.db")
  const store = getSQLiteEventStore({ fileName })
  // The first call makes the tables.
  await store.readStream("none")
  const connection = sqliteConnection({ fileName })
  const durability = await durabilityOf(connection)
  connection.close()
  return peer(
    "emmett-sqlite, its event store",
    durability,
    (stream, events) => store.appendToStream(stream, events),
    (stream) => store.readStream(stream),
    () => undefined
  )
}

export const openKept = async (folder) => {
  const connection = sqliteConnection({ fileName: join(folder, "emmett.db") })
  await createEventStoreSchema(connection)
  return peer(
    "emmett-sqlite, one connection kept open",
    await durabilityOf(connection),
    (stream, events) => appendToStream(connection, stream, "session", events),
    (stream) => readStream(connection, stream),
    () => connection.close()
  )
}
