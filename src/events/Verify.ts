/**
 * Whether a log is what was written: every event's hash recomputed from its stored bytes, every number in sequence, and the
 * recorded heads agreeing with where the chains end.
 *
 * What it proves: that nothing was changed, removed, moved or cut off since, unless by somebody who also computed every
 * later hash and head anew. Against that, compare a head with one noted elsewhere.
 */
import * as Effect from "effect/Effect"
import * as Blobs from "./Blobs.ts"
import * as Chain from "./Chain.ts"
import { type Database, guard, snapshot } from "./Database.ts"
import * as HeadNote from "./HeadNote.ts"
import type { LogFailure } from "./LogErrors.ts"
import * as Names from "./Names.ts"

/** Smaller pages are collected young, and so read faster. */
const pageSize = 1000

/** The first thing that is wrong. `position` is 0 when it is not about one event. */
export interface Finding {
  readonly position: number
  readonly problem: string
}

export interface Verification {
  readonly ok: boolean
  readonly from: number
  readonly to: number
  /** Events whose hashes were recomputed. */
  readonly events: number
  /** Events whose payload was destroyed; their hashes still hold. */
  readonly destroyed: number
  readonly blobs: number
  /** The hash of the last event that was looked at: what to note elsewhere. */
  readonly head: string
  readonly finding: Finding | null
}

export interface VerifyOptions {
  /** Positions, both inclusive. Default: the whole log, with its heads and blobs. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly progress?: ((done: number, total: number) => void) | undefined
}

type Row = readonly [
  position: number,
  id: string,
  origin: number,
  seq: number,
  hlcMs: number,
  hlcCount: number,
  seen: string,
  stream: number,
  version: number,
  type: number,
  schema: number,
  time: number,
  project: number | null,
  actor: number,
  correlation: number | null,
  causation: string | null,
  key: string | null,
  salt: string | null,
  payload: string | null,
  payloadHash: string | null,
  hash: string
]

const select = `SELECT position, id, origin, seq, hlc_ms, hlc_count, seen, stream, version, type, schema, time, project, actor,
  correlation, causation, key, salt, payload, payload_hash, hash
  FROM events WHERE position > ? AND position <= ? ORDER BY position LIMIT ${pageSize}`

/** The end of an origin's chain, moved on as its events are examined. */
interface Link {
  seq: number
  position: number
  hash: string
  hlcMs: number
  hlcCount: number
}

export const verify = (database: Database, options: VerifyOptions = {}): Effect.Effect<Verification, LogFailure> =>
  Effect.gen(function* () {
    const from = Math.max(1, options.from ?? 1)
    const whole = options.from === undefined && options.to === undefined
    // Others may go on appending: what is looked at is the log as it ends now.
    const heads = yield* snapshot(database, () => headsOf(database))
    const to = Math.min(options.to ?? heads.end, heads.end)
    const progress: State = {
      database,
      names: Names.make(database),
      chains: new Map(),
      versions: new Map(),
      contents: whole ? yield* guard(database.path, () => contentsOf(database)) : undefined,
      fromStart: from === 1
    }
    const tally = { events: 0, destroyed: 0, blobs: 0, head: Chain.genesis }
    const answer = (finding: Finding | null): Verification => ({ ok: finding === null, from, to, ...tally, finding })

    if (from > 1) yield* guard(database.path, () => linksBefore(progress, from))
    let expected = from
    while (expected <= to) {
      const rows = yield* guard(database.path, () => rowsAfter(database, expected - 1, to))
      const finding = yield* guard(database.path, (): Finding | undefined => {
        for (const row of rows) {
          if (row[0] !== expected) return { position: expected, problem: missing(expected, row[0]) }
          const problem = examine(progress, row)
          if (problem !== undefined) return { position: expected, problem }
          tally.events += 1
          if (row[18] === null) tally.destroyed += 1
          tally.head = row[20]
          expected += 1
        }
        return undefined
      })
      if (finding !== undefined) return answer(finding)
      if (rows.length === 0) return answer({ position: expected, problem: missing(expected, to + 1) })
      options.progress?.(expected - from, to - from + 1)
      yield* Effect.yieldNow()
    }
    if (!whole) return answer(null)

    const cut = yield* guard(database.path, () => headProblem(progress, heads))
    if (cut !== undefined) return answer(cut)
    const lost = yield* guard(database.path, () => HeadNote.lost(database))
    if (lost !== undefined) {
      const problem = `event ${lost.position} with the hash ${lost.hash} was recorded, and is not there any more`
      return answer({ position: lost.position, problem })
    }
    const damage = yield* guard(database.path, () => Blobs.firstDamaged(database))
    if (damage !== undefined)
      return answer({ position: 0, problem: `stored content ${damage.hash}: ${damage.problem}` })
    tally.blobs = progress.contents?.size ?? 0
    return answer(null)
  })

/** What was seen so far. */
interface State {
  readonly database: Database
  readonly names: Names.Names
  readonly chains: Map<number, Link>
  /** The last version of each stream. */
  readonly versions: Map<number, number>
  /** Which contents are stored, by `abbreviated`; undefined when only a range is looked at. */
  readonly contents: Set<number> | undefined
  readonly fromStart: boolean
}

const rowsAfter = (database: Database, position: number, to: number): ReadonlyArray<Row> =>
  database.prepare(select).raw().all(position, to) as unknown as ReadonlyArray<Row>

/** What is wrong with one event, if anything; adds it to its origin's chain and its stream otherwise. */
const examine = (state: State, row: Row): string | undefined => {
  const { names, chains, versions } = state
  // Read by index: taking a row of this length apart as a list costs as much as hashing it.
  const id = row[1]
  const originId = row[2]
  const seq = row[3]
  const seen = row[6]
  const streamId = row[7]
  const version = row[8]
  const projectId = row[12]
  const correlationId = row[14]
  const causation = row[15]
  const key = row[16]
  const payload = row[18]
  const device = names.text(originId)
  const stream = names.text(streamId)
  const type = names.text(row[9])
  const actorText = names.text(row[13])
  const project = projectId === null ? null : names.text(projectId)
  const correlation = correlationId === null ? null : names.text(correlationId)
  if (
    device === undefined ||
    stream === undefined ||
    type === undefined ||
    actorText === undefined ||
    project === undefined ||
    correlation === undefined
  ) {
    return "a name that it refers to is missing from the table of names"
  }
  if (!isText(id) || !isText(seen) || !isText(row[20]) || !isTextOrNull(causation) || !isTextOrNull(key)) {
    return "it has bytes, or nothing, where text should be"
  }
  let chain = chains.get(originId)
  if (chain === undefined) {
    chain = { seq: 0, position: 0, hash: Chain.genesis, hlcMs: 0, hlcCount: 0 }
    chains.set(originId, chain)
  }
  if (seq !== chain.seq + 1) return `it is number ${seq} of its origin, and ${chain.seq + 1} should come here`
  const lastVersion = versions.get(streamId)
  if (state.fromStart || lastVersion !== undefined) {
    const due = (lastVersion ?? 0) + 1
    if (version !== due) return `it is version ${version} of stream ${stream}, and ${due} should come here`
  }
  const commitment = commitmentOf(state.database, row)
  if (commitment === undefined) return "its payload is missing, with no hash in its place, or is no text"
  const header = Chain.headerText({
    id,
    device,
    seq,
    hlc: { ms: row[4], count: row[5] },
    seen,
    stream,
    version,
    type,
    schema: row[10],
    time: row[11],
    project,
    actorText,
    correlation,
    causation,
    key
  })
  if (Chain.eventHash(header, chain.hash, commitment) !== row[20]) {
    return "its hash is not that of its contents after the event before it: it, or the hash before it, was changed"
  }
  const lost = payload === null ? undefined : missingContent(state, payload)
  if (lost !== undefined) return `the content ${lost} that it refers to is missing`
  chain.seq = seq
  chain.position = row[0]
  chain.hash = row[20]
  chain.hlcMs = row[4]
  chain.hlcCount = row[5]
  versions.set(streamId, version)
  return undefined
}

const isText = (value: unknown): boolean => typeof value === "string"

/** An absent field is null, and no field is empty. */
const isTextOrNull = (value: unknown): boolean => value === null || (typeof value === "string" && value !== "")

/** Undefined for a payload that is neither there nor destroyed properly. */
const commitmentOf = (database: Database, row: Row): string | undefined => {
  const salt: unknown = row[17]
  const payload: unknown = row[18]
  const payloadHash = row[19]
  if (payload === null) return salt === null && isText(payloadHash) ? (payloadHash ?? undefined) : undefined
  if (typeof payload !== "string" || typeof salt !== "string" || payloadHash !== null) return undefined
  return Chain.commitment(exact(database, row[0], salt + payload))
}

/**
 * Reading text replaces what is not UTF-8 by U+FFFD. Where that stands, the stored bytes are asked for: somebody may have put
 * other bytes in the place of a U+FFFD that was written. (Headers hold none: `Chain.isHeaderText`.)
 */
const exact = (database: Database, position: number, body: string): string | Buffer =>
  body.includes("\ufffd")
    ? (database
        .prepare("SELECT CAST(salt || payload AS BLOB) FROM events WHERE position = ?")
        .pluck()
        .get(position) as Buffer)
    : body

/** How payloads refer to contents. In a text of the payload the quotes would be escaped. */
const references = ['"raw":"', '"blob":"']

const missingContent = ({ contents }: State, payload: string): string | undefined => {
  if (contents === undefined) return undefined
  for (const field of references) {
    for (let at = payload.indexOf(field); at !== -1; at = payload.indexOf(field, at + 1)) {
      const hash = payload.slice(at + field.length, at + field.length + 64)
      if (!contents.has(abbreviated(hash))) return hash
    }
  }
  return undefined
}

const contentsOf = (database: Database): Set<number> => {
  const contents = new Set<number>()
  for (const hash of database.sqlite.prepare<[]>("SELECT hash FROM blobs").pluck().iterate()) {
    contents.add(abbreviated(String(hash)))
  }
  return contents
}

/** The first 52 bits: a number takes a tenth of the memory, and two contents alike in them are not to be expected. */
const abbreviated = (hash: string): number => Number.parseInt(hash.slice(0, 13), 16)

const missing = (expected: number, found: number): string =>
  found === expected + 1 ? `event ${expected} is missing` : `events ${expected} to ${found - 1} are missing`

/** The end of each chain before `from`, taken on trust. */
const linksBefore = ({ database, chains }: State, from: number): void => {
  const rows = database
    .prepare(
      `SELECT origin, max(position) AS position, seq, hash, hlc_ms AS hlcMs, hlc_count AS hlcCount
       FROM events WHERE position < ? GROUP BY origin`
    )
    .all(from) as ReadonlyArray<Link & { readonly origin: number }>
  for (const { origin, ...link } of rows) chains.set(origin, link)
}

interface Heads {
  readonly heads: ReadonlyArray<Link & { readonly origin: number }>
  /** The last position, by the events or by the heads: so that a lost tail is missed. */
  readonly end: number
}

const headsOf = (database: Database): Heads => {
  const heads = database
    .prepare("SELECT origin, seq, position, hash, hlc_ms AS hlcMs, hlc_count AS hlcCount FROM heads")
    .all() as Heads["heads"]
  const last = Number(database.prepare("SELECT max(position) FROM events").pluck().get() ?? 0)
  return { heads, end: Math.max(last, ...heads.map(({ position }) => position)) }
}

const headProblem = ({ chains, names }: State, { heads, end }: Heads): Finding | undefined => {
  for (const { origin, ...head } of heads) {
    const link = chains.get(origin)
    const agrees =
      link !== undefined && (Object.keys(head) as Array<keyof Link>).every((field) => head[field] === link[field])
    if (!agrees) {
      const problem = `the recorded head of ${names.text(origin) ?? "an origin"} (event ${head.position}) is not where its chain ends`
      return { position: Math.min(head.position, end), problem }
    }
  }
  for (const [origin, link] of chains) {
    if (!heads.some((head) => head.origin === origin)) {
      return { position: link.position, problem: `there is no recorded head of ${names.text(origin) ?? "an origin"}` }
    }
  }
  return undefined
}
