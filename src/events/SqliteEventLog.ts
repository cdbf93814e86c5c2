/** The event log in SQLite. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Append from "./Append.ts"
import * as Blobs from "./Blobs.ts"
import * as Chain from "./Chain.ts"
import * as Database from "./Database.ts"
import { Entropy } from "./Entropy.ts"
import type { Commit, Query } from "./Event.ts"
import { EventLog, type Head, LogObserver, type Transaction } from "./EventLog.ts"
import { type AppendFailure, EventRefused, KeyReused, VersionConflict } from "./LogErrors.ts"
import * as HeadNote from "./HeadNote.ts"
import * as Names from "./Names.ts"
import * as Receipts from "./Receipts.ts"
import * as Rows from "./Rows.ts"

/** How many events a page holds: large enough to be fast, small enough that its read transaction is short. */
const pageSize = 1000

/** How long a tail waits before it looks for what others appended, in milliseconds. A look costs about 2 µs. */
const tailEvery = 20

/** Notes the head when it has moved. Only evidence: that it could not be noted fails nothing. */
const noteHead = ({ head, database }: EventLog["Type"], before: Head): Effect.Effect<void> =>
  Effect.flatMap(head, ({ position }) =>
    position === before.position ? Effect.void : Database.guard(database.path, () => HeadNote.write(database))
  ).pipe(Effect.ignore)

/** Opens the log at `path` for the life of the scope. */
export const layer = (path: string) =>
  Layer.scoped(
    EventLog,
    Effect.gen(function* () {
      const database = yield* Effect.acquireRelease(Database.open(path), Database.close)
      const log = yield* make(database)
      const before = yield* log.head
      yield* Effect.addFinalizer(() => noteHead(log, before))
      return log
    })
  )

export const make = (database: Database.Database) =>
  Effect.gen(function* () {
    const entropy = yield* Entropy
    const observer = yield* LogObserver
    const clock = yield* Effect.clock
    const now = () => clock.unsafeCurrentTimeMillis()
    const names = Names.make(database)
    const { prepare } = database
    const device =
      (yield* Database.guard(database.path, () => deviceOf(database))) ??
      (yield* Database.immediate(database, () => identify(database, entropy.uuid({ ms: now(), count: 0 }))))

    const writer: Append.Writer = { database, names, entropy, device, now }

    const transact = <A>(body: (transaction: Transaction) => A): Effect.Effect<A, AppendFailure> =>
      Effect.suspend(() => {
        const run = () => {
          let batch: Append.Batch | undefined
          try {
            const result = body({
              append: (commit) => Append.append(writer, (batch ??= Append.begin(writer)), commit),
              recorded: (key) => Receipts.fingerprintUnder(database, key),
              putBlob: (blob) => Blobs.put(database, blob),
              page: (query, limit) => Rows.page(database, names, query, limit),
              database
            })
            if (batch !== undefined && batch.recorded.length > 0) {
              Append.finish(writer, batch)
              observer.appended(database, batch.recorded)
            }
            return { result }
          } catch (refusal) {
            names.forget()
            if (!isRefusal(refusal)) throw refusal
            throw new Refused(refusal)
          }
        }
        return Database.immediate(database, run).pipe(
          Effect.map(({ result }) => result),
          Effect.catchAllDefect((defect) =>
            defect instanceof Refused ? Effect.fail(defect.refusal) : Effect.die(defect)
          )
        )
      })

    const append = (commits: ReadonlyArray<Commit>, blobs: ReadonlyArray<Blobs.PreparedBlob> = []) =>
      Effect.suspend(() => {
        let last: Commit | undefined
        const append = transact((transaction) => {
          for (const blob of blobs) transaction.putBlob(blob)
          return commits.map((commit) => {
            last = commit
            return transaction.append(commit)
          })
        })
        return Effect.tapError(append, (failure) =>
          failure._tag === "VersionConflict" && last !== undefined ? noteRefusal(last, failure) : Effect.void
        )
      })

    /** A refused command has an answer too: its repetition gets the same one. */
    const noteRefusal = (commit: Commit, { stream, expected, actual }: VersionConflict) => {
      const { key } = commit
      const outcome = { conflict: { stream, expected, actual } }
      return key === undefined
        ? Effect.void
        : Database.immediate(database, () => Receipts.save(database, key, Receipts.fingerprintOf(commit), outcome))
    }

    const page = (query: Query, limit: number) =>
      Database.guard(database.path, () => {
        // The names that are remembered are those of one history.
        Database.requireSameHistory(database)
        return Rows.page(database, names, query, limit)
      })

    const read = (query: Query = {}) =>
      Stream.paginateChunkEffect(query.after ?? 0, (after) =>
        page({ ...query, after }, pageSize).pipe(
          Effect.map((events) => {
            const last = events.at(-1)
            const next = events.length < pageSize || last === undefined ? Option.none() : Option.some(last.position)
            return [Chunk.unsafeFromArray(events), next] as const
          })
        )
      )

    const dataVersion = Effect.sync(() => Number(database.sqlite.pragma("data_version", { simple: true })))

    const tail = (query: Query = {}) =>
      Stream.paginateChunkEffect({ after: query.after ?? 0, seen: -1, full: false }, (cursor) =>
        Effect.gen(function* () {
          // This connection's own appends do not change its data_version, so the head is asked as well.
          let seen = yield* dataVersion
          let at = yield* headPosition
          while (!cursor.full && seen === cursor.seen && at <= cursor.after) {
            yield* Effect.sleep(tailEvery)
            seen = yield* dataVersion
            at = yield* headPosition
          }
          const events = yield* page({ ...query, after: cursor.after }, pageSize)
          const full = events.length === pageSize
          const last = events.at(-1)?.position ?? cursor.after
          const after = full ? last : Math.max(cursor.after, at, last)
          return [Chunk.unsafeFromArray(events), Option.some({ after, seen, full })] as const
        })
      )

    const headPosition = Database.guard(database.path, () =>
      Number(prepare("SELECT coalesce(max(position), 0) FROM events").pluck().get())
    )

    const destroy = (position: number): boolean => {
      const body = prepare("SELECT CAST(salt || payload AS BLOB) FROM events WHERE position = ?").pluck().get(position)
      if (!Buffer.isBuffer(body)) return false
      const change = prepare("UPDATE events SET salt = NULL, payload = NULL, payload_hash = ? WHERE position = ?")
      change.run(Chain.commitment(body), position)
      observer.destroyed(database)
      return true
    }

    return EventLog.of({
      device,
      append,
      transact,
      read,
      page,
      tail,
      streamVersion: (stream) =>
        Database.guard(database.path, () => {
          const id = names.find(stream)
          return id === undefined ? 0 : Append.versionOf(database, id)
        }),
      head: Database.guard(database.path, () => {
        const last = prepare("SELECT position, hash FROM events ORDER BY position DESC LIMIT 1").get()
        return (last as Head | undefined) ?? { position: 0, hash: Chain.genesis }
      }),
      blobs: Blobs.make(database),
      destroyPayload: (position) =>
        Effect.acquireUseRelease(
          // Its bytes go from the pages that become free, too.
          Effect.sync(() => database.sqlite.pragma("secure_delete = ON")),
          () => Database.immediate(database, () => destroy(position)),
          () => Effect.sync(() => database.sqlite.pragma("secure_delete = FAST"))
        ).pipe(Effect.tap(() => Database.emptyWal(database))),
      database
    })
  })

/** Carries a refusal of ours out of a transaction, past what `Database` makes of SQLite's errors. */
class Refused extends Error {
  readonly refusal: VersionConflict | KeyReused | EventRefused
  constructor(refusal: VersionConflict | KeyReused | EventRefused) {
    super(refusal.message)
    this.refusal = refusal
  }
}

const isRefusal = (cause: unknown): cause is VersionConflict | KeyReused | EventRefused =>
  cause instanceof VersionConflict || cause instanceof KeyReused || cause instanceof EventRefused

const deviceOf = (database: Database.Database): string | undefined =>
  database.prepare("SELECT value FROM meta WHERE key = 'device'").pluck().get() as string | undefined

/** Gives a new log its device id; another process may have been faster. */
const identify = (database: Database.Database, fresh: string): string => {
  const known = deviceOf(database)
  if (known !== undefined) return known
  database.prepare("INSERT INTO meta (key, value) VALUES ('device', ?)").run(fresh)
  return fresh
}
