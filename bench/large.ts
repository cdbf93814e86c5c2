/** What is done on a large log: it is made once, by the log's own appends, and shared by these rows. */
import { join } from "node:path"
import type { Bench } from "./Bench.ts"
import { fill, statusStart } from "./processes.ts"
import { absolute, median, rate, type Result } from "./Result.ts"

interface Measured {
  readonly ms: number
  readonly peakMb: number
  readonly result: { readonly events?: number; readonly ok?: boolean }
}

const peakTarget = 250

export interface Large {
  readonly load: () => Promise<Result>
  readonly rebuild: () => Promise<ReadonlyArray<Result>>
  readonly verify: () => Promise<Result>
  readonly status: () => Promise<Result>
}

export const names = (large: number) => {
  const events = `${large.toLocaleString("en-US")} events`
  return {
    load: `load ${events} in batches of 1,000`,
    rebuild: `rebuild all projections, ${events}`,
    peak: "rebuild peak memory",
    verify: `verify ${events}`,
    status: `nexus status --json, ${events}`
  }
}

export const make = (bench: Bench): Large => {
  const name = names(bench.large)
  let made: Promise<{ readonly home: string; readonly ms: number }> | undefined
  const log = () =>
    (made ??= (async () => {
      const home = join(bench.folder(), "home")
      const ms = await fill(bench, home, bench.large, (done) => bench.note(`made ${done} events`))
      return { home, ms }
    })())

  /** Floor, ours, floor, ours, … each in a process of its own; the first floor run warms the disk's cache. */
  const takeTurns = async (task: string, floor: string, rounds: number) => {
    const { home } = await log()
    await bench.child(floor, home)
    const ours: Array<Measured> = []
    const bare: Array<Measured> = []
    for (let round = 0; round < rounds; round++) {
      bare.push(await bench.child<Measured>(floor, home))
      ours.push(await bench.child<Measured>(task, home))
      bench.note(`${task}: ${round + 1} of ${rounds}`)
    }
    if (bare.some(({ result }) => result.events !== bench.large)) throw new Error(`${floor} did not see all events`)
    return { ours, bare }
  }
  const perSecond = (runs: ReadonlyArray<Measured>) => (bench.large * 1000) / median(runs.map(({ ms }) => ms))

  return {
    load: async () => {
      const { ms } = await log()
      return absolute(name.load, "events/s", (bench.large * 1000) / ms, null, true)
    },
    rebuild: async () => {
      const { ours, bare } = await takeTurns("rebuild", "scan-and-parse", 3)
      const peak = Math.max(...ours.map(({ peakMb }) => peakMb))
      return [
        rate(name.rebuild, "events/s", perSecond(ours), perSecond(bare), 0.3),
        absolute(name.peak, "MB", peak, peakTarget, peak <= peakTarget)
      ]
    },
    verify: async () => {
      const { ours, bare } = await takeTurns("verify", "scan-and-hash", 3)
      if (ours.some(({ result }) => result.ok !== true || result.events !== bench.large))
        throw new Error("the log does not verify")
      return rate(name.verify, "events/s", perSecond(ours), perSecond(bare), 0.7)
    },
    status: async () => statusStart(bench, name.status, (await log()).home)
  }
}
