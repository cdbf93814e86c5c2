/** Appending events: numbers, hashes and rows, inside the transaction that is open. */
import type { Actor } from "../domain/Actor.ts"
import * as Chain from "./Chain.ts"
import type { Database } from "./Database.ts"
import type { Entropy } from "./Entropy.ts"
import type { Commit, NewEvent, Receipt, RecordedEvent } from "./Event.ts"
import * as HybridClock from "./HybridClock.ts"
import { EventRefused, VersionConflict } from "./LogErrors.ts"
import type { Names } from "./Names.ts"
import { encoderOf } from "./Payload.ts"
import * as Receipts from "./Receipts.ts"

export interface Writer {
  readonly database: Database
  readonly names: Names
  readonly entropy: Entropy["Type"]
  /** This log's own origin id. */
  readonly device: string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** The end of an origin's chain. */
interface Head {
  readonly seq: number
  readonly hash: string
  readonly hlc: HybridClock.Timestamp
}

/** Where the log and its streams end, while one transaction appends to them. */
export interface Batch {
  readonly origin: number
  position: number
  head: Head
  /** By stream. */
  readonly versions: Map<number, number>
  readonly recorded: Array<RecordedEvent>
}

/** To be called in the transaction that is open; `finish` ends it. */
export const begin = ({ database, names, device }: Writer): Batch => {
  const origin = names.intern(device)
  return { origin, position: lastPosition(database), head: headOf(database, origin), versions: new Map(), recorded: [] }
}

export const finish = ({ database }: Writer, { origin, position, head, recorded }: Batch): void => {
  if (recorded.length > 0) saveHead(database, origin, position, head)
}

/** Appends one commit. Thrown: VersionConflict, KeyReused, EventRefused. */
export const append = (writer: Writer, batch: Batch, commit: Commit): Receipt => {
  const { database, names } = writer
  const { key } = commit
  const fingerprint = key === undefined ? "" : Receipts.fingerprintOf(commit)
  const answered = key === undefined ? undefined : Receipts.earlier(database, key, fingerprint)
  if (answered !== undefined) return answered

  if (key !== undefined) requireHeaderText("key", key)
  const stream = intern(names, "stream", commit.stream)
  const before = batch.versions.get(stream) ?? versionOf(database, stream)
  if (commit.expected !== undefined && commit.expected !== before) {
    throw new VersionConflict({ stream: commit.stream, expected: commit.expected, actual: before })
  }
  const first = batch.position + 1
  if (commit.events.length > 0) appendEvents(writer, batch, commit, stream, before)
  const receipt = { first, last: batch.position, version: before + commit.events.length }
  if (key !== undefined) Receipts.save(database, key, fingerprint, { receipt })
  return { ...receipt, repeated: false }
}

const insert = `INSERT INTO events (position, id, origin, seq, hlc_ms, hlc_count, seen, stream, version, type, schema,
  time, project, actor, correlation, causation, key, salt, payload, payload_hash, hash)
  VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)`

const appendEvents = (writer: Writer, batch: Batch, commit: Commit, stream: number, before: number): void => {
  const { database, names, entropy, device } = writer
  const statement = database.prepare(insert)
  const { origin, recorded } = batch
  const project = commit.project === undefined ? null : intern(names, "project", commit.project)
  const correlation = commit.correlation === undefined ? null : intern(names, "correlation", commit.correlation)
  const now = writer.now()
  const time = Math.trunc(commit.time ?? now)
  const firstOfCommit = recorded.length
  let { seq, hash, hlc } = batch.head
  let { position } = batch
  let version = before
  for (const event of commit.events) {
    const { version: schema, encode } = encoderOf(event.type)
    const payload = encode(event.payload)
    const actor = event.actor ?? commit.actor
    const actorText = textOf(actor)
    const salt = entropy.salt()
    hlc = HybridClock.tick(hlc, now)
    const envelope = {
      type: event.type,
      payload: event.payload,
      position: ++position,
      id: entropy.uuid(hlc),
      device,
      seq: ++seq,
      hlc,
      seen: "",
      stream: commit.stream,
      version: ++version,
      schema,
      time,
      project: commit.project ?? null,
      actor,
      actorText,
      correlation: commit.correlation ?? null,
      causation: causationOf(event, recorded, firstOfCommit),
      key: commit.key ?? null,
      hash: ""
    }
    hash = Chain.eventHash(Chain.headerText(envelope), hash, Chain.commitment(salt + payload))
    envelope.hash = hash
    statement.run(
      position,
      envelope.id,
      origin,
      seq,
      hlc.ms,
      hlc.count,
      stream,
      version,
      intern(names, "type", event.type),
      schema,
      time,
      project,
      intern(names, "actor", actorText),
      correlation,
      envelope.causation,
      envelope.key,
      salt,
      payload,
      hash
    )
    recorded.push(envelope as RecordedEvent)
  }
  batch.position = position
  batch.head = { seq, hash, hlc }
  batch.versions.set(stream, version)
}

const causationOf = (event: NewEvent, recorded: ReadonlyArray<RecordedEvent>, first: number): string | null => {
  const { causation } = event
  if (causation === undefined) return null
  if (typeof causation === "number") return recorded[first + causation]?.id ?? null
  requireHeaderText("causation", causation)
  return causation
}

const lastPosition = (database: Database): number =>
  Number(database.prepare("SELECT max(position) FROM events").pluck().get() ?? 0)

export const versionOf = (database: Database, stream: number): number =>
  Number(database.prepare("SELECT max(version) FROM events WHERE stream = ?").pluck().get(stream) ?? 0)

const headOf = (database: Database, origin: number): Head => {
  const row = database.prepare("SELECT seq, hash, hlc_ms, hlc_count FROM heads WHERE origin = ?").get(origin) as
    | { readonly seq: number; readonly hash: string; readonly hlc_ms: number; readonly hlc_count: number }
    | undefined
  // A new origin goes on from the clocks of the others: an event is never before one that its writer had seen.
  return row === undefined
    ? { seq: 0, hash: Chain.genesis, hlc: latestClock(database) }
    : { seq: row.seq, hash: row.hash, hlc: { ms: row.hlc_ms, count: row.hlc_count } }
}

const latestClock = (database: Database): HybridClock.Timestamp => {
  const query = "SELECT hlc_ms AS ms, hlc_count AS count FROM heads ORDER BY hlc_ms DESC, hlc_count DESC LIMIT 1"
  return (database.prepare(query).get() as HybridClock.Timestamp | undefined) ?? { ms: 0, count: 0 }
}

const saveHead = (database: Database, origin: number, position: number, head: Head): void => {
  const values = [head.seq, position, head.hash, head.hlc.ms, head.hlc.count, origin]
  const update = "UPDATE heads SET seq = ?, position = ?, hash = ?, hlc_ms = ?, hlc_count = ? WHERE origin = ?"
  if (database.prepare(update).run(...values).changes === 0) {
    const add = "INSERT INTO heads (seq, position, hash, hlc_ms, hlc_count, origin) VALUES (?, ?, ?, ?, ?, ?)"
    database.prepare(add).run(...values)
  }
}

const intern = (names: Names, field: string, text: string): number => {
  const known = names.find(text)
  if (known !== undefined) return known
  requireHeaderText(field, text)
  return names.intern(text)
}

const requireHeaderText = (field: string, text: string): void => {
  if (!Chain.isHeaderText(text)) {
    throw new EventRefused({ type: field, reason: `${JSON.stringify(text)} cannot be a ${field}` })
  }
}

// Few actors act, again and again.
let lastActor: { readonly actor: Actor; readonly text: string } | undefined

const textOf = (actor: Actor): string => {
  if (lastActor?.actor !== actor) {
    // What JSON leaves as it is and a header cannot hold: see `Chain.isHeaderText`.
    const text = JSON.stringify(actor).replaceAll("\ufffd", "\\ufffd").replaceAll("\u007f", "\\u007f")
    lastActor = { actor, text }
  }
  return lastActor.text
}
