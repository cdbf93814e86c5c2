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
import { type Database, guard } from "./Database.ts"
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
  body: string | null,
  payloadHash: string | null,
  hash: string
]

const select = `SELECT position, id, origin, seq, hlc_ms, hlc_count, seen, stream, version, type, schema, time, project, actor,
  correlation, causation, key, salt || payload, payload_hash, hash
  FROM events WHERE position > ? AND position <= ? ORDER BY position LIMIT ${pageSize}`

/** The end of an origin's chain, moved on as its events are examined. */
interface Link {
  seq: number
  position: number
  hash: string
}

export const verify = (database: Database, options: VerifyOptions = {}): Effect.Effect<Verification, LogFailure> =>
  Effect.gen(function* () {
    const from = Math.max(1, options.from ?? 1)
    const whole = options.from === undefined && options.to === undefined
    const end = yield* guard(database.path, () => lastPosition(database))
    const to = Math.min(options.to ?? end, end)
    const names = Names.make(database)
    const chains = new Map<number, Link>()
    const versions = new Map<number, number>()
    const tally = { events: 0, destroyed: 0, blobs: 0, head: Chain.genesis }
    const answer = (finding: Finding | null): Verification => ({ ok: finding === null, from, to, ...tally, finding })

    if (from > 1) yield* guard(database.path, () => linksBefore(database, from, chains))
    let expected = from
    while (expected <= to) {
      const rows = (yield* guard(database.path, () =>
        database
          .prepare(select)
          .raw()
          .all(expected - 1, to)
      )) as unknown as ReadonlyArray<Row>
      for (const row of rows) {
        if (row[0] !== expected) return answer({ position: expected, problem: missing(expected, row[0]) })
        const problem = examine(database, row, names, chains, versions, from === 1)
        if (problem !== undefined) return answer({ position: expected, problem })
        tally.events += 1
        if (row[17] === null) tally.destroyed += 1
        tally.head = row[19]
        expected += 1
      }
      if (rows.length === 0) return answer({ position: expected, problem: missing(expected, to + 1) })
      options.progress?.(expected - from, to - from + 1)
      yield* Effect.yieldNow()
    }
    if (!whole) return answer(null)

    const cut = yield* guard(database.path, () => headProblem(database, chains, end, names))
    if (cut !== undefined) return answer(cut)
    const damage = yield* guard(database.path, () => Blobs.damaged(database).next().value)
    if (damage !== undefined)
      return answer({ position: 0, problem: `stored content ${damage.hash}: ${damage.problem}` })
    tally.blobs = yield* guard(database.path, () =>
      Number(database.prepare("SELECT count(*) FROM blobs").pluck().get())
    )
    return answer(null)
  })

/** What is wrong with one event, if anything; adds it to its origin's chain and its stream otherwise. */
const examine = (
  database: Database,
  row: Row,
  names: Names.Names,
  chains: Map<number, Link>,
  versions: Map<number, number>,
  fromStart: boolean
): string | undefined => {
  const [position, id, originId, seq, hlcMs, hlcCount, seen, streamId, version, typeId, schema, time] = row
  const [, , , , , , , , , , , , projectId, actorId, correlationId, causation, key, body, payloadHash, stored] = row
  const device = names.text(originId)
  const stream = names.text(streamId)
  const type = names.text(typeId)
  const actorText = names.text(actorId)
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
  let chain = chains.get(originId)
  if (chain === undefined) {
    chain = { seq: 0, position: 0, hash: Chain.genesis }
    chains.set(originId, chain)
  }
  if (seq !== chain.seq + 1) return `it is number ${seq} of its origin, and ${chain.seq + 1} should come here`
  const lastVersion = versions.get(streamId)
  if (fromStart || lastVersion !== undefined) {
    const due = (lastVersion ?? 0) + 1
    if (version !== due) return `it is version ${version} of stream ${stream}, and ${due} should come here`
  }
  const commitment = body === null ? payloadHash : Chain.commitment(exact(database, position, body))
  if (commitment === null) return "its payload is missing, with no hash in its place"
  if (body !== null && payloadHash !== null) return "it has a payload and the hash of a destroyed one"
  const header = Chain.headerText({
    id,
    device,
    seq,
    hlc: { ms: hlcMs, count: hlcCount },
    seen,
    stream,
    version,
    type,
    schema,
    time,
    project,
    actorText,
    correlation,
    causation,
    key
  })
  if (Chain.eventHash(header, chain.hash, commitment) !== stored) {
    return "its hash is not that of its contents after the event before it: it, or the hash before it, was changed"
  }
  chain.seq = seq
  chain.position = position
  chain.hash = stored
  versions.set(streamId, version)
  return undefined
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

const missing = (expected: number, found: number): string =>
  found === expected + 1 ? `event ${expected} is missing` : `events ${expected} to ${found - 1} are missing`

/** The end of each chain before `from`, taken on trust. */
const linksBefore = (database: Database, from: number, chains: Map<number, Link>): void => {
  const rows = database
    .prepare("SELECT origin, max(position) AS position, seq, hash FROM events WHERE position < ? GROUP BY origin")
    .all(from) as ReadonlyArray<Link & { readonly origin: number }>
  for (const { origin, ...link } of rows) chains.set(origin, link)
}

/** The head of the log: by its heads, so that a lost tail is missed. */
const lastPosition = (database: Database): number =>
  Number(
    database
      .prepare(
        "SELECT max(coalesce((SELECT max(position) FROM events), 0), coalesce((SELECT max(position) FROM heads), 0))"
      )
      .pluck()
      .get()
  )

const headProblem = (
  database: Database,
  chains: ReadonlyMap<number, Link>,
  end: number,
  names: Names.Names
): Finding | undefined => {
  const heads = database.prepare("SELECT origin, seq, position, hash FROM heads").all() as ReadonlyArray<
    Link & { readonly origin: number }
  >
  for (const head of heads) {
    const link = chains.get(head.origin)
    if (link === undefined || link.seq !== head.seq || link.position !== head.position || link.hash !== head.hash) {
      const problem = `the recorded head of ${names.text(head.origin) ?? "an origin"} (event ${head.position}) is not where its chain ends`
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
