import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { describe, expect, it } from "vitest"
import { join } from "node:path"
import { EventLog } from "../../src/events/EventLog.ts"
import { scratch } from "../support/log.ts"
import { run } from "./support/processes.ts"
import { commit, onLogAt } from "./support/samples.ts"

const append = (stream: string, ...texts: ReadonlyArray<string>) =>
  Effect.flatMap(EventLog, (log) => log.append([commit(stream, texts)]))

/** The first `count` events that a tail gives. */
const tailed = (query: Parameters<EventLog["Type"]["tail"]>[0], count: number) =>
  Effect.flatMap(EventLog, (log) =>
    Stream.runCollect(log.tail(query).pipe(Stream.take(count))).pipe(Effect.map(Chunk.toReadonlyArray))
  )

describe("the tail of the log", () => {
  it("gives what is there, then what another process and this one append, in order and once each", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    const events = await onLogAt(
      path,
      Effect.gen(function* () {
        yield* append("here", "before 1", "before 2")
        const tail = yield* Effect.fork(tailed({}, 62))
        const other = yield* Effect.fork(Effect.promise(() => run("appends.ts", path, "there", "30")))
        for (let n = 0; n < 30; n++) {
          yield* append("here", `here ${n}`)
          yield* Effect.sleep("5 millis")
        }
        expect(yield* Fiber.join(other)).toMatchObject({ code: 0 })
        return yield* Fiber.join(tail)
      })
    )
    expect(events.map(({ position }) => position)).toEqual(Array.from({ length: 62 }, (_, n) => n + 1))
    expect(events.filter(({ stream }) => stream === "there").map(({ version }) => version)).toEqual(
      Array.from({ length: 30 }, (_, n) => n + 1)
    )
  })

  it("begins after the position that it is given, and gives only what matches", async () => {
    using folder = scratch()
    const events = await onLogAt(
      join(folder.path, "nexus.db"),
      Effect.gen(function* () {
        yield* append("a", "1", "2")
        const tail = yield* Effect.fork(tailed({ after: 1, stream: "a" }, 3))
        yield* append("b", "3")
        yield* append("a", "4")
        yield* Effect.sleep("50 millis")
        yield* append("b", "5")
        yield* append("a", "6")
        return yield* Fiber.join(tail)
      })
    )
    expect(events.map(({ position }) => position)).toEqual([2, 4, 6])
  })

  it("that begins after a position to come gives nothing before it", async () => {
    using folder = scratch()
    const events = await onLogAt(
      join(folder.path, "nexus.db"),
      Effect.gen(function* () {
        yield* append("a", "1")
        const tail = yield* Effect.fork(tailed({ after: 3 }, 1))
        for (let position = 2; position <= 5; position++) {
          yield* Effect.sleep("60 millis")
          yield* append("a", String(position))
        }
        return yield* Fiber.join(tail)
      })
    )
    expect(events.map(({ position }) => position)).toEqual([4])
  })

  it("goes through more than a page of events without a gap", async () => {
    using folder = scratch()
    const events = await onLogAt(
      join(folder.path, "nexus.db"),
      Effect.gen(function* () {
        yield* append("a", ...Array.from({ length: 2345 }, (_, n) => `${n}`))
        return yield* tailed({}, 2345)
      })
    )
    expect(events.map(({ position }) => position)).toEqual(Array.from({ length: 2345 }, (_, n) => n + 1))
  })
})
