import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { decide, fresh, noticeOf, type Seen, since, type Watch } from "../../../src/domain/workspace/Idle.ts"

const minute = 60_000

const look = (changes: Partial<Seen> = {}): Seen => ({
  elapsed: { awake: minute, wall: minute },
  every: minute,
  limitMs: 120 * minute,
  isActive: false,
  ...changes
})

/** The verdicts of looks, one after the other; a stop ends them. */
const verdicts = (looks: ReadonlyArray<Seen>) => {
  let watch: Watch = fresh
  const found: Array<{ readonly kind: string; readonly at: number; readonly seen: Seen }> = []
  for (const [at, seen] of looks.entries()) {
    const decision = decide(watch, seen)
    watch = decision.watch
    found.push({ kind: decision.verdict.kind, at, seen })
    if (decision.verdict.kind === "stop") break
  }
  return found
}

/** Looks as they come: mostly in time, sometimes early, late or after a sleep; now and then something happens. */
const looks = fc
  .record({
    limit: fc.integer({ min: 1, max: 30 }),
    steps: fc.array(
      fc.record({
        awake: fc.oneof(
          { weight: 8, arbitrary: fc.integer({ min: 0, max: 2 * minute }) },
          fc.integer({ min: -minute, max: 999 * minute })
        ),
        drift: fc.oneof(
          { weight: 8, arbitrary: fc.constant(0) },
          fc.integer({ min: -999 * minute, max: 999 * minute })
        ),
        isActive: fc.oneof({ weight: 15, arbitrary: fc.constant(false) }, fc.constant(true))
      }),
      { maxLength: 120 }
    )
  })
  .map(({ limit, steps }) =>
    steps.map(({ awake, drift, isActive }) =>
      look({ limitMs: limit * minute, isActive, elapsed: { awake, wall: awake + drift } })
    )
  )

const isWatched = ({ elapsed: { awake, wall }, every }: Seen) =>
  awake >= 0 && wall >= 0 && awake <= 2 * every && wall <= 2 * every

const watched = (some: ReadonlyArray<{ readonly seen: Seen }>) =>
  some.reduce((sum, { seen }) => sum + Math.min(seen.elapsed.awake, seen.elapsed.wall), 0)

describe("a workspace that nobody uses", () => {
  it("is warned of ten minutes before it is stopped, and stopped when its time is over", () => {
    const kinds = verdicts(Array.from({ length: 200 }, () => look())).map(({ kind }) => kind)
    expect(kinds).toHaveLength(120)
    expect(kinds.indexOf("warn")).toBe(109)
    expect(kinds.at(-1)).toBe("stop")
  })

  it("is warned of half of a short time before", () => {
    expect([noticeOf(4 * minute), noticeOf(600 * minute)]).toEqual([2 * minute, 10 * minute])
  })

  it("is never stopped within its time after anything happened, nor after time that nobody watched", () => {
    fc.assert(
      fc.property(looks, (seen) => {
        const all = verdicts(seen)
        const last = all.at(-1)
        if (last?.kind !== "stop") return
        const after = all.slice(all.findLastIndex(({ seen: one }) => one.isActive || !isWatched(one)) + 1)
        expect(watched(after)).toBeGreaterThanOrEqual(last.seen.limitMs ?? Infinity)
        expect(last.seen.isActive).toBe(false)
      }),
      { numRuns: 2000 }
    )
  })

  it("is always warned of before it is stopped, by at least the notice, with nothing in between", () => {
    fc.assert(
      fc.property(looks, (seen) => {
        const all = verdicts(seen)
        const last = all.at(-1)
        if (last?.kind !== "stop") return
        const warned = all.findLastIndex(({ kind }) => kind === "warn")
        expect(warned).toBeGreaterThanOrEqual(0)
        expect(all.slice(warned + 1).every(({ kind }) => kind === "idle" || kind === "stop")).toBe(true)
        expect(watched(all.slice(warned + 1))).toBeGreaterThanOrEqual(noticeOf(last.seen.limitMs ?? 0))
      }),
      { numRuns: 2000 }
    )
  })

  it("is stopped at last when nothing happens, however the looks fall", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1000, max: 2 * minute }), (limit, pace) => {
        const elapsed = { awake: pace, wall: pace }
        const all = verdicts(Array.from({ length: 4000 }, () => look({ limitMs: limit * minute, elapsed })))
        expect(all.at(-1)?.kind).toBe("stop")
        expect(watched(all)).toBeLessThanOrEqual(limit * minute + 2 * pace)
      })
    )
  })

  it("is never stopped, or warned of, without a limit", () => {
    const kinds = verdicts(Array.from({ length: 5000 }, () => look({ limitMs: null }))).map(({ kind }) => kind)
    expect(new Set(kinds)).toEqual(new Set(["idle"]))
  })

  it("counts from what is found to have happened, and then has to be warned of anew", () => {
    expect(since({ idleMs: 90, warnedMs: 20 }, 30)).toEqual({ idleMs: 30, warnedMs: null })
    expect(since({ idleMs: 90, warnedMs: 20 }, 95)).toEqual({ idleMs: 90, warnedMs: 20 })
    expect(since({ idleMs: 90, warnedMs: 20 }, -5)).toEqual({ idleMs: 0, warnedMs: null })
  })
})
