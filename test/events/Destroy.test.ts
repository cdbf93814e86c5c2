import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { EventLog } from "../../src/events/EventLog.ts"
import { verify } from "../../src/events/Verify.ts"
import { Projections } from "../../src/projections/Projections.ts"
import { onLog } from "../support/log.ts"
import { ada, commit, everything } from "./support/samples.ts"

const secret = "the plan is to leave at midnight"

const withSecret = Effect.gen(function* () {
  const log = yield* EventLog
  yield* log.append([
    commit("session/claude:1", ["before"]),
    {
      stream: "session/claude:1",
      actor: ada,
      correlation: "claude:1",
      events: [{ type: "PromptSubmitted", payload: { by: "human", excerpt: secret } }]
    },
    commit("session/claude:1", ["after"])
  ])
  return log
})

/** The tables in which a text occurs. */
const tablesWith = (text: string) =>
  Effect.map(EventLog, ({ database: { sqlite } }) =>
    (
      sqlite.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as ReadonlyArray<string>
    ).filter((table) => JSON.stringify(sqlite.prepare(`SELECT * FROM ${table}`).all()).includes(text))
  )

describe("a destroyed payload", () => {
  it("is gone from the log and, once they caught up, from every read model; the chain still holds", async () => {
    await onLog(
      Effect.gen(function* () {
        const log = yield* withSecret
        const projections = yield* Projections
        expect(yield* tablesWith(secret)).toEqual(expect.arrayContaining(["events", "timeline"]))
        expect(yield* log.destroyPayload(2)).toBe(true)
        yield* projections.catchUp()
        expect(yield* tablesWith(secret)).toEqual([])
        expect(yield* verify(log.database)).toMatchObject({ ok: true, events: 3, destroyed: 1 })
        expect((yield* projections.check([])).every(({ same }) => same)).toBe(true)
        expect((yield* projections.status).map(({ faults }) => faults)).not.toContain(1)
      })
    )
  })

  it("leaves the event in its place, with its envelope and without content", async () => {
    await onLog(
      Effect.gen(function* () {
        const log = yield* withSecret
        const before = yield* everything()
        yield* log.destroyPayload(2)
        const after = yield* everything()
        expect(after[1]).toEqual({ ...before[1], payload: null })
        expect([after[0], after[2]]).toEqual([before[0], before[2]])
        yield* log.append([commit("session/claude:1", ["later"], { expected: 3 })])
      })
    )
  })

  it("cannot be destroyed again, nor one that was never there", async () => {
    await onLog(
      Effect.gen(function* () {
        const log = yield* withSecret
        yield* log.destroyPayload(2)
        expect(yield* log.destroyPayload(2)).toBe(false)
        expect(yield* log.destroyPayload(99)).toBe(false)
      })
    )
  })
})

describe("through SQL", () => {
  const attempt = (statement: string) =>
    onLog(
      Effect.gen(function* () {
        const { database, destroyPayload } = yield* withSecret
        yield* destroyPayload(3)
        expect(() => database.sqlite.exec(statement)).toThrow(/append-only|constraint/)
        expect(yield* verify(database)).toMatchObject({ ok: true, events: 3 })
      })
    )

  it.each(
    `id origin seq hlc_ms hlc_count seen stream version type schema time project actor correlation causation key salt payload
    payload_hash hash position`.split(/\s+/)
  )("no event's %s can be changed", async (column) => {
    await attempt(`UPDATE events SET ${column} = coalesce(${column}, 0) + 1 WHERE position = 2`)
  })

  it.each([
    ["deleted", "DELETE FROM events WHERE position = 3"],
    ["deleted all at once", "DELETE FROM events"],
    ["replaced", "REPLACE INTO events SELECT * FROM events WHERE position = 2"],
    [
      "changed while its payload is destroyed",
      "UPDATE events SET time = 1, salt = NULL, payload = NULL, payload_hash = 'x'"
    ],
    ["destroyed without a hash in its place", "UPDATE events SET salt = NULL, payload = NULL WHERE position = 2"],
    ["given another payload", "UPDATE events SET payload = '{}' WHERE position = 2"],
    ["given a payload again", "UPDATE events SET payload = '{}', salt = '', payload_hash = NULL WHERE position = 3"],
    ["given another hash of its destroyed payload", "UPDATE events SET payload_hash = 'x' WHERE position = 3"]
  ])("no event can be %s", async (_, statement) => {
    await attempt(statement)
  })
})
