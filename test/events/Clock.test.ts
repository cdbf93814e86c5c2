import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { RecordedEvent } from "../../src/events/Event.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import * as HybridClock from "../../src/events/HybridClock.ts"
import { verify } from "../../src/events/Verify.ts"
import { scratch } from "../support/log.ts"
import { runAll } from "./support/processes.ts"
import { commit, everything, onLogAt } from "./support/samples.ts"

const hour = 3_600_000

/** A clock that is set by hand. */
const handClock = (start: number) => {
  let now = start
  const clock = Object.assign(Clock.make(), { unsafeCurrentTimeMillis: () => now })
  return { clock, set: (ms: number) => (now = ms) }
}

const stamps = Effect.map(EventLog, ({ database }) =>
  (
    database.sqlite.prepare("SELECT hlc_ms, hlc_count FROM events ORDER BY position").raw().all() as ReadonlyArray<
      readonly [number, number]
    >
  ).map(([ms, count]) => ({ ms, count }))
)

const increasing = (list: ReadonlyArray<HybridClock.Timestamp>) =>
  list.every((at, index) => {
    const before = list[index - 1]
    return before === undefined || at.ms > before.ms || (at.ms === before.ms && at.count > before.count)
  })

const sorted = (events: ReadonlyArray<RecordedEvent>) => events.map(({ id }) => id).toSorted()

const append = (...texts: ReadonlyArray<string>) => Effect.flatMap(EventLog, (log) => log.append([commit("s", texts)]))

describe("a wall clock that jumps back", () => {
  it("by an hour leaves time as the clock said, the logical clock increasing and the ids sorted", async () => {
    using folder = scratch()
    const { clock, set } = handClock(10 * hour)
    const [events, at, verified] = await onLogAt(
      join(folder.path, "nexus.db"),
      Effect.gen(function* () {
        yield* append("1", "2")
        set(9 * hour)
        yield* append("3")
        set(9 * hour + 1)
        yield* append("4", "5")
        set(11 * hour)
        yield* append("6")
        const { database } = yield* EventLog
        return [yield* everything(), yield* stamps, yield* verify(database)] as const
      }),
      clock
    )
    expect(events.map(({ time }) => time / hour).map(Math.floor)).toEqual([10, 10, 9, 9, 9, 11])
    expect(at.at(-1)).toEqual({ ms: 11 * hour, count: 0 })
    expect(increasing(at)).toBe(true)
    expect(events.map(({ id }) => id)).toEqual(sorted(events))
    expect(verified.ok).toBe(true)
  })

  it("between two openings of the log leaves its ids sorted all the same", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    const { clock, set } = handClock(10 * hour)
    for (const at of [10, 9, 12, 3]) {
      set(at * hour)
      await onLogAt(path, append("1", "2", "3"), clock)
    }
    const [events, at] = await onLogAt(path, Effect.all([everything(), stamps]))
    expect(increasing(at)).toBe(true)
    expect(events.map(({ id }) => id)).toEqual(sorted(events))
    expect(new Set(sorted(events)).size).toBe(12)
  })

  it("in one of several processes does not disturb the others", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    await runAll("appends.ts", [
      [path, "right", "25", "0"],
      [path, "behind", "25", String(-24 * hour)],
      [path, "ahead", "25", String(24 * hour)]
    ])
    const [events, at, verified] = await onLogAt(
      path,
      Effect.all([everything(), stamps, Effect.flatMap(EventLog, ({ database }) => verify(database))])
    )
    expect(events.length).toBe(75)
    expect(increasing(at)).toBe(true)
    expect(events.map(({ id }) => id)).toEqual(sorted(events))
    expect(verified.ok).toBe(true)
  })
})

describe("the hybrid logical clock", () => {
  it("follows a wall clock that moves on, and counts while it does not", () => {
    expect(HybridClock.tick({ ms: 5, count: 3 }, 6)).toEqual({ ms: 6, count: 0 })
    expect(HybridClock.tick({ ms: 5, count: 3 }, 5)).toEqual({ ms: 5, count: 4 })
    expect(HybridClock.tick({ ms: 5, count: 3 }, 1)).toEqual({ ms: 5, count: 4 })
  })
})
