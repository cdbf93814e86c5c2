/** Appends against bare inserts of the same rows. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Live from "../src/cli/Live.ts"
import type { Commit } from "../src/events/Event.ts"
import { EventLog } from "../src/events/EventLog.ts"
import * as Home from "../src/events/Home.ts"
import type { Bench } from "./Bench.ts"
import * as Floor from "./Floor.ts"
import { median, rate, type Result } from "./Result.ts"
import { batch, deliveries, several, singles, storeContents } from "./Workload.ts"

/** Events in both files before the clock starts. */
const before = 20_000

export const appendOne = (bench: Bench): Promise<Result> =>
  compare(
    bench,
    { name: "append 1 event", target: 0.8, rounds: 30, perRound: 250 },
    {
      commits: (count) => several(singles(bench.workload, `one-${bench.next()}`), count).map((commit) => [commit]),
      insert: (floor, rows) => floor.insertEach(rows)
    }
  )

export const appendBatch = (bench: Bench): Promise<Result> =>
  compare(
    bench,
    { name: "append 1,000 in a batch", target: 0.5, rounds: 20, perRound: 4000 },
    {
      commits: (count) => {
        const source = deliveries(bench.workload, `batch-${bench.next()}`)
        return Array.from({ length: count / 1000 }, () => batch(source, 1000))
      },
      insert: (floor, rows) => {
        for (let from = 0; from < rows.length; from += 1000) floor.insertAll(rows.slice(from, from + 1000))
      }
    }
  )

interface Work {
  /** Transactions with `count` events together. */
  readonly commits: (count: number) => ReadonlyArray<ReadonlyArray<Commit>>
  readonly insert: (floor: Floor.Floor, rows: ReadonlyArray<Floor.Row>) => void
}

/** Round by round: the log appends, then the floor inserts the very rows that this made. */
const compare = (
  bench: Bench,
  row: { readonly name: string; readonly target: number; readonly rounds: number; readonly perRound: number },
  work: Work
): Promise<Result> => {
  const folder = bench.folder()
  return Effect.gen(function* () {
    const log = yield* EventLog
    const { sqlite } = log.database
    const floor = yield* Effect.acquireRelease(
      Effect.sync(() => Floor.open(join(folder, "floor.db"), sqlite)),
      (opened) => Effect.sync(() => opened.close())
    )
    yield* storeContents(bench.workload)
    const source = deliveries(bench.workload, `before-${bench.next()}`)
    for (let count = 0; count < before; count += 1000) yield* log.append(batch(source, 1000))
    floor.insertAll(Floor.rowsAfter(sqlite, 0))

    const ours: Array<number> = []
    const bare: Array<number> = []
    // The first round warms up.
    for (let round = 0; round <= row.rounds; round++) {
      const { position } = yield* log.head
      const commits = work.commits(row.perRound)
      let started = performance.now()
      for (const commit of commits) yield* log.append(commit)
      const appended = performance.now() - started
      const rows = Floor.rowsAfter(sqlite, position)
      if (rows.length !== row.perRound) throw new Error(`${rows.length} events were appended, not ${row.perRound}`)
      started = performance.now()
      work.insert(floor, rows)
      const inserted = performance.now() - started
      if (round === 0) continue
      ours.push(appended)
      bare.push(inserted)
    }
    const perSecond = (times: ReadonlyArray<number>) => (row.perRound * 1000) / median(times)
    return rate(row.name, "events/s", perSecond(ours), perSecond(bare), row.target)
  }).pipe(Effect.scoped, Effect.provide(Live.log(Home.at(folder))), Effect.runPromise)
}
