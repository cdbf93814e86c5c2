/** Work that is measured in a process of its own; prints one JSON object. */
import { hash } from "node:crypto"
import { readSync } from "node:fs"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Live from "../src/cli/Live.ts"
import { EventLog } from "../src/events/EventLog.ts"
import * as Home from "../src/events/Home.ts"
import { verify } from "../src/events/Verify.ts"
import { Projections } from "../src/projections/Projections.ts"
import { load, singles } from "./Workload.ts"

const [task = "", folder = "", ...rest] = process.argv.slice(2)
const home = Home.at(folder)

const timed = <A, E>(work: Effect.Effect<A, E, EventLog | Projections>) =>
  Effect.gen(function* () {
    // The log is open before the clock starts.
    yield* (yield* EventLog).head
    const started = performance.now()
    const result = yield* work
    return { ms: performance.now() - started, peakMb: process.resourceUsage().maxRSS / 1024, result }
  }).pipe(Effect.provide(Live.log(home)), Effect.runPromise)

/** `names`: only these projections; all when none is named. */
const rebuild = (names: ReadonlyArray<string>) =>
  timed(Effect.flatMap(Projections, (projections) => projections.rebuild(names)))

const verifyAll = () =>
  timed(
    Effect.gen(function* () {
      const { ok, events } = yield* verify((yield* EventLog).database)
      return { ok, events }
    })
  )

/** The columns that a rebuild reads, all payloads parsed. */
const scanAndParse = () =>
  scan(
    `SELECT position, id, origin, seq, stream, version, type, schema, time, project, actor, correlation, causation, key,
      payload, hash`,
    (row) => JSON.parse(row[14] as string) as unknown
  )

/** The columns that a verification reads, one SHA-256 over each payload. */
const scanAndHash = () =>
  scan(
    `SELECT position, id, origin, seq, hlc_ms, hlc_count, seen, stream, version, type, schema, time, project, actor,
      correlation, causation, key, payload, payload_hash, hash`,
    (row) => hash("sha256", row[17] as string)
  )

const scan = (select: string, use: (row: ReadonlyArray<unknown>) => unknown) => {
  const sqlite = new Sqlite(home.log, { readonly: true })
  sqlite.pragma("cache_size = -16384")
  const page = sqlite.prepare(`${select} FROM events WHERE position > ? ORDER BY position LIMIT 2000`).raw()
  const started = performance.now()
  let events = 0
  for (;;) {
    const rows = page.all(events) as ReadonlyArray<ReadonlyArray<unknown>>
    for (const row of rows) if (use(row) !== undefined) events += 1
    if (rows.length === 0) break
  }
  return Promise.resolve({
    ms: performance.now() - started,
    peakMb: process.resourceUsage().maxRSS / 1024,
    result: { events }
  })
}

/** Appends one by one when told to start; every append has to come after the one before. */
const write = ([workload = "", seed = "", count = "0"]: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const source = singles(load(workload), seed)
    const commits = Array.from({ length: Number(count) }, () => source.next().value)
    process.stdout.write("ready\n")
    // Blocks until the parent says so.
    readSync(0, Buffer.alloc(1))
    let ordered = true
    let last = 0
    for (const commit of commits) {
      const [receipt] = yield* log.append([commit])
      ordered &&= receipt !== undefined && !receipt.repeated && receipt.first > last && receipt.first === receipt.last
      last = receipt?.last ?? 0
    }
    return { ordered }
  }).pipe(Effect.provide(Live.log(home)), Effect.runPromise)

const tasks: Readonly<Record<string, () => Promise<unknown>>> = {
  rebuild: () => rebuild(rest),
  verify: verifyAll,
  "scan-and-parse": scanAndParse,
  "scan-and-hash": scanAndHash,
  write: () => write(rest)
}

const run = tasks[task]
if (run === undefined) throw new Error(`there is no task ${task}`)
process.stdout.write(`${JSON.stringify(await run())}\n`)
process.exit(0)
