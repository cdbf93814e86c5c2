/** The event log in SQLite. */
import { hash } from "node:crypto"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Blobs from "./Blobs.ts"
import { eventType } from "./Catalogue.ts"
import * as Chain from "./Chain.ts"
import * as Database from "./Database.ts"
import { Entropy } from "./Entropy.ts"
import type { Commit, Query, Receipt, RecordedEvent } from "./Event.ts"
import { LogObserver, EventLog, type Transaction } from "./EventLog.ts"
import * as HybridClock from "./HybridClock.ts"
import { type AppendFailure, EventRefused, KeyReused, VersionConflict } from "./LogErrors.ts"
import * as Names from "./Names.ts"
import * as Rows from "./Rows.ts"

/** How many events a page holds: large enough to be fast, small enough that its read transaction is short. */
const pageSize = 1000

/** How long a tail waits before it looks for what others appended, in milliseconds. A look costs about 2 µs. */
const tailEvery = 20

interface OriginHead {
  readonly seq: number
  readonly position: number
  readonly hash: string
  readonly hlc_ms: number
  readonly hlc_count: number
}

const insertEvent = `INSERT INTO events (position, id, origin, seq, hlc_ms, hlc_count, seen, stream, version, type, schema,
  time, project, actor, correlation, causation, key, salt, payload, payload_hash, hash)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)`

/** Opens the log at `path` for the life of the scope. */
export const layer = (path: string) =>
  Layer.scoped(
    EventLog,
    Effect.gen(function* () {
      return yield* make(yield* Effect.acquireRelease(Database.open(path), Database.close))
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
    const device = yield* Database.immediate(database, () => identify(database, entropy.uuid(now())))

    /** Appends to the transaction that is open; `appended` collects what the observer is to be told. */
    const appendCommit = (commit: Commit, appended: Array<RecordedEvent>): Receipt => {
      const fingerprint = commit.key === undefined ? undefined : (commit.fingerprint ?? fingerprintOf(commit))
      if (commit.key !== undefined) {
        const earlier = receiptOf(commit.key)
        if (earlier !== undefined) {
          if (earlier.fingerprint !== fingerprint) throw new KeyReused({ key: commit.key })
          if ("conflict" in earlier.outcome) throw new VersionConflict(earlier.outcome.conflict)
          return { ...earlier.outcome.receipt, repeated: true }
        }
        requireHeaderText("key", commit.key)
      }
      const stream = internText("stream", commit.stream)
      const actual = Number(
        prepare("SELECT coalesce(max(version), 0) AS v FROM events WHERE stream = ?").pluck().get(stream)
      )
      if (commit.expected !== undefined && commit.expected !== actual) {
        throw new VersionConflict({ stream: commit.stream, expected: commit.expected, actual })
      }
      const origin = names.intern(device)
      const head = headOf(origin)
      const project = commit.project === undefined ? null : internText("project", commit.project)
      const correlation = commit.correlation === undefined ? null : internText("correlation", commit.correlation)
      const wall = now()
      const time = Math.trunc(commit.time ?? wall)
      let { seq, position, hash: previous } = head
      let hlc: HybridClock.Timestamp = { ms: head.hlc_ms, count: head.hlc_count }
      let version = actual
      const ids: Array<string> = []
      for (const event of commit.events) {
        const type = eventType(event.type)
        const payload = encode(event.type, event.payload)
        const actor = event.actor ?? commit.actor
        const actorText = JSON.stringify(actor)
        const causation =
          typeof event.causation === "number" ? (ids[event.causation] ?? null) : (event.causation ?? null)
        if (causation !== null) requireHeaderText("causation", causation)
        seq += 1
        position += 1
        version += 1
        hlc = HybridClock.tick(hlc, wall)
        const id = entropy.uuid(wall)
        ids.push(id)
        const salt = entropy.salt()
        const header: Chain.Header = {
          id,
          origin: device,
          seq,
          hlcMs: hlc.ms,
          hlcCount: hlc.count,
          seen: "",
          stream: commit.stream,
          version,
          type: event.type,
          schema: type?.version ?? 1,
          time,
          project: commit.project ?? null,
          actor: actorText,
          correlation: commit.correlation ?? null,
          causation,
          key: commit.key ?? null
        }
        const eventHash = Chain.eventHash(Chain.headerText(header), previous, Chain.commitment(salt + payload))
        prepare(insertEvent).run(
          position,
          id,
          origin,
          seq,
          hlc.ms,
          hlc.count,
          "",
          stream,
          version,
          internText("type", event.type),
          header.schema,
          time,
          project,
          internText("actor", actorText),
          correlation,
          causation,
          header.key,
          salt,
          payload,
          eventHash
        )
        previous = eventHash
        appended.push({
          ...event,
          position,
          id,
          device,
          seq,
          stream: commit.stream,
          version,
          schema: header.schema,
          time,
          project: header.project,
          actor,
          correlation: header.correlation,
          causation,
          key: header.key,
          hash: eventHash
        })
      }
      saveHead(origin, { seq, position, hash: previous, hlc_ms: hlc.ms, hlc_count: hlc.count })
      const receipt: Receipt = { repeated: false, first: head.position + 1, last: position, version }
      if (commit.key !== undefined) saveReceipt(commit.key, fingerprint ?? "", receipt)
      return receipt
    }

    const internText = (field: string, text: string): number => {
      const known = names.find(text)
      if (known !== undefined) return known
      requireHeaderText(field, text)
      return names.intern(text)
    }

    const headOf = (origin: number): OriginHead =>
      (prepare("SELECT seq, position, hash, hlc_ms, hlc_count FROM heads WHERE origin = ?").get(origin) as
        | OriginHead
        | undefined) ?? { seq: 0, position: 0, hash: Chain.genesis, hlc_ms: 0, hlc_count: 0 }

    const saveHead = (origin: number, head: OriginHead) =>
      prepare(
        "INSERT OR REPLACE INTO heads (origin, seq, position, hash, hlc_ms, hlc_count) VALUES (?, ?, ?, ?, ?, ?)"
      ).run(origin, head.seq, head.position, head.hash, head.hlc_ms, head.hlc_count)

    const receiptOf = (key: string) => {
      const row = prepare("SELECT fingerprint, outcome FROM receipts WHERE key = ?").get(key) as
        | { fingerprint: string; outcome: string }
        | undefined
      return row === undefined
        ? undefined
        : { fingerprint: row.fingerprint, outcome: JSON.parse(row.outcome) as Outcome }
    }

    const saveReceipt = (key: string, fingerprint: string, { first, last, version }: Receipt) =>
      saveOutcome(key, fingerprint, { receipt: { first, last, version } })

    const saveOutcome = (key: string, fingerprint: string, outcome: Outcome) =>
      prepare("INSERT OR IGNORE INTO receipts (key, fingerprint, outcome) VALUES (?, ?, ?)").run(
        key,
        fingerprint,
        JSON.stringify(outcome)
      )

    const transact = <A>(body: (transaction: Transaction) => A): Effect.Effect<A, AppendFailure> =>
      Effect.suspend(() => {
        const run = () => {
          const appended: Array<RecordedEvent> = []
          try {
            const result = body({
              append: (commit) => appendCommit(commit, appended),
              recorded: (key) => receiptOf(key)?.fingerprint,
              putBlob: (blob) => Blobs.put(database, blob),
              page: (query, limit) => Rows.page(database, names, query, limit),
              database
            })
            if (appended.length > 0) observer.appended(database, appended)
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
      transact((transaction) => {
        for (const blob of blobs) transaction.putBlob(blob)
        return commits.map((commit) => transaction.append(commit))
      }).pipe(
        // A refused command has an answer too, and its repetition gets the same one.
        Effect.tapError((failure) => {
          const commit = commits.find((one) => failure._tag === "VersionConflict" && one.stream === failure.stream)
          const { key } = commit ?? {}
          if (failure._tag !== "VersionConflict" || commit === undefined || key === undefined) return Effect.void
          const conflict = { stream: failure.stream, expected: failure.expected, actual: failure.actual }
          return Database.immediate(database, () =>
            saveOutcome(key, commit.fingerprint ?? fingerprintOf(commit), { conflict })
          )
        })
      )

    const page = (query: Query, limit: number) =>
      Database.guard(database.path, () => Rows.page(database, names, query, limit))

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
          const after = full ? (events.at(-1)?.position ?? cursor.after) : Math.max(at, events.at(-1)?.position ?? 0)
          return [Chunk.unsafeFromArray(events), Option.some({ after, seen, full })] as const
        })
      )

    const headPosition = Database.guard(database.path, () =>
      Number(prepare("SELECT coalesce(max(position), 0) FROM events").pluck().get())
    )

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
          return id === undefined
            ? 0
            : Number(prepare("SELECT coalesce(max(version), 0) AS v FROM events WHERE stream = ?").pluck().get(id))
        }),
      head: Database.guard(database.path, () => {
        const position = Number(prepare("SELECT coalesce(max(position), 0) FROM events").pluck().get())
        const origin = names.find(device)
        return { position, hash: origin === undefined ? Chain.genesis : headOf(origin).hash }
      }),
      blobs: Blobs.make(database),
      destroyPayload: (position) =>
        Database.immediate(database, () => {
          const body = prepare("SELECT CAST(salt || payload AS BLOB) FROM events WHERE position = ?")
            .pluck()
            .get(position)
          if (!Buffer.isBuffer(body)) return false
          prepare("UPDATE events SET salt = NULL, payload = NULL, payload_hash = ? WHERE position = ?").run(
            Chain.commitment(body),
            position
          )
          observer.destroyed(database)
          return true
        }),
      database
    })
  })

type Outcome =
  | { readonly receipt: Omit<Receipt, "repeated"> }
  | { readonly conflict: { readonly stream: string; readonly expected: number; readonly actual: number } }

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

/** The device id of this log, given to it when it is new. */
const identify = (database: Database.Database, fresh: string): string => {
  const known = database.prepare("SELECT value FROM meta WHERE key = 'device'").pluck().get()
  if (typeof known === "string") return known
  database.prepare("INSERT INTO meta (key, value) VALUES ('device', ?)").run(fresh)
  return fresh
}

const fingerprintOf = (commit: Commit): string =>
  hash(
    "sha256",
    JSON.stringify([commit.stream, commit.expected ?? null, commit.events.map((event) => [event.type, event.payload])])
  )

const requireHeaderText = (field: string, text: string): void => {
  if (!Chain.isHeaderText(text))
    throw new EventRefused({ type: field, reason: `${JSON.stringify(text)} cannot be a ${field}` })
}

const checks = new Map<string, (payload: unknown) => boolean>()

/** The payload's JSON, when its type allows it. Thrown: EventRefused. */
const encode = (name: string, payload: unknown): string => {
  const type = eventType(name)
  if (type === undefined) throw new EventRefused({ type: name, reason: "there is no such type in the catalogue" })
  let check = checks.get(name)
  if (check === undefined) {
    check = Schema.is(type.schema)
    checks.set(name, check)
  }
  if (!check(payload)) {
    const reason = Schema.decodeUnknownEither(type.schema)(payload)
    throw new EventRefused({
      type: name,
      reason: reason._tag === "Left" ? reason.left.message : "its payload is malformed"
    })
  }
  const text = JSON.stringify(payload)
  // A character takes three bytes at the most, so most payloads need no counting.
  if (text.length * 3 > type.budget && Buffer.byteLength(text) > type.budget) {
    throw new EventRefused({
      type: name,
      reason: `${Buffer.byteLength(text)} bytes are over its budget of ${type.budget}`
    })
  }
  return text
}
