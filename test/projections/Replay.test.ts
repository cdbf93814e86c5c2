import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Database from "../../src/events/Database.ts"
import type { Commit } from "../../src/events/Event.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { all } from "../../src/projections/all.ts"
import { Projections } from "../../src/projections/Projections.ts"
import { logAt, onLog, scratch } from "../support/log.ts"
import { appendAll, batches, commits, dump, faultsIn } from "./samples.ts"

describe("every projection", () => {
  it("is the same live and derived again from event 1, faults included", async () => {
    await fc.assert(
      fc.asyncProperty(batches, (found) =>
        onLog(
          Effect.gen(function* () {
            const { database } = yield* EventLog
            const projections = yield* Projections
            yield* appendAll(found)
            const [live, faults] = [dump(database, all), faultsIn(database)]
            const checks = yield* projections.check([])
            expect(checks.map(({ name, same, differences }) => ({ name, same, differences }))).toEqual(
              all.map(({ name }) => ({ name, same: true, differences: [] }))
            )
            yield* projections.rebuild([])
            expect(dump(database, all)).toEqual(live)
            expect(faultsIn(database)).toEqual(faults)
            expect((yield* projections.status).every(({ current }) => current)).toBe(true)
          })
        )
      ),
      { numRuns: 60 }
    )
  })

  it("is the same however the events were batched", async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (found) => {
        const rows = (batched: typeof found) =>
          onLog(
            Effect.gen(function* () {
              yield* appendAll(batched)
              return dump((yield* EventLog).database, all)
            })
          )
        expect(await rows([found.flat()])).toEqual(await rows(found.flat().map((commit) => [commit])))
      }),
      { numRuns: 25 }
    )
  })

  it("as of a position is, row for row, what a log has that only ever had the events up to it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commits, { minLength: 1, maxLength: 10 }), fc.nat(12), (found, cut) =>
        onLog(
          Effect.gen(function* () {
            const projections = yield* Projections
            yield* appendAll([found])
            const log = yield* EventLog
            // A commit is whole or not there at all, so the shorter log ends between two of them.
            const shorter = found.slice(0, cut)
            const position = shorter.reduce((sum, { events }) => sum + events.length, 0)
            const then = yield* projections.asOf(position)
            const reference = yield* Effect.promise(() =>
              onLog(
                Effect.gen(function* () {
                  yield* appendAll(shorter.length === 0 ? [] : [shorter])
                  return dump((yield* EventLog).database, all)
                })
              )
            )
            expect(dump(then, all)).toEqual(reference)
            yield* Database.close(then)
            const head = (yield* log.head).position
            const now = yield* projections.asOf(head)
            expect(dump(now, all)).toEqual(dump(log.database, all))
            yield* Database.close(now)
          })
        )
      ),
      { numRuns: 25 }
    )
  })

  it("survives that the log is closed and opened between any two appends", async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (found) => {
        using folder = scratch()
        const layer = logAt(join(folder.path, "nexus.db"))
        for (const batch of found) await Effect.runPromise(appendAll([batch]).pipe(Effect.provide(layer)))
        const checks = Effect.flatMap(Projections, (projections) => projections.check([]))
        for (const { same } of await Effect.runPromise(checks.pipe(Effect.provide(layer)))) expect(same).toBe(true)
      }),
      { numRuns: 10 }
    )
  })

  it("keeps files apart, or together, in the same way live and derived again, also where a name is no text", async () => {
    const edit = (path: string): Commit => ({
      stream: "session/claude:a",
      correlation: "claude:a",
      actor: { kind: "agent", name: "claude" },
      time: 1,
      events: [
        {
          type: "FileEdited",
          payload: { path, tool: "Write", call: "c", operation: "created", after: null, evidence: "payload" }
        }
      ]
    })
    await onLog(
      Effect.gen(function* () {
        yield* appendAll(["\ud800", "\udc00", "\ufffd", "a\0b", "a", "\ud800"].map((path) => [edit(path)]))
        const [check] = yield* (yield* Projections).check(["files_touched"])
        expect(check).toMatchObject({ same: true, differences: [] })
      })
    )
  })
})
