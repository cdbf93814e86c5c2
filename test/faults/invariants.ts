/** What must hold of every log after every fault. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { expect } from "vitest"
import type { RecordedEvent } from "../../src/events/Event.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { verify } from "../../src/events/Verify.ts"
import { Projections } from "../../src/projections/Projections.ts"
import { logAt } from "../support/log.ts"

/**
 * Checks that the log is whole: hashes, gapless positions and versions, a clock that only goes forward, and projections
 * that are what the events give. Answers its events.
 */
export const sound = Effect.gen(function* () {
  const log = yield* EventLog
  const projections = yield* Projections
  expect((yield* verify(log.database)).finding).toBeNull()
  const events: ReadonlyArray<RecordedEvent> = Chunk.toReadonlyArray(yield* Stream.runCollect(log.read()))
  expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1))
  const versions = new Map<string, number>()
  for (const { stream, version } of events) {
    expect(version).toBe((versions.get(stream) ?? 0) + 1)
    versions.set(stream, version)
  }
  const backwards = log.database
    .prepare(
      `SELECT count(*) FROM (SELECT hlc_ms, hlc_count, lag(hlc_ms) OVER run AS ms, lag(hlc_count) OVER run AS count
       FROM events WINDOW run AS (PARTITION BY origin ORDER BY seq)) WHERE (hlc_ms, hlc_count) <= (ms, count)`
    )
    .pluck()
    .get()
  expect(backwards).toBe(0)
  for (const { name, same, position } of yield* projections.check([])) {
    expect({ name, same, position }).toEqual({ name, same: true, position: events.length })
  }
  expect((yield* projections.status).filter(({ faults, current }) => faults > 0 || !current)).toEqual([])
  return events
})

/** Opens the log as the next command would, and checks that it is whole. */
export const soundLog = (path: string): Promise<ReadonlyArray<RecordedEvent>> =>
  Effect.runPromise(sound.pipe(Effect.provide(logAt(path))))

/** A random number generator (mulberry32) whose numbers, from 0 to 1, can be had again. */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The call that an event of a child's command carries. */
export const callOf = (event: RecordedEvent): string | undefined =>
  event.payload !== null && "call" in event.payload ? event.payload.call : undefined
