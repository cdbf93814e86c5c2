/** Any sequence of commands leaves the log as an in-memory list of events would be. */
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Commit, Receipt } from "../../src/events/Event.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { verify } from "../../src/events/Verify.ts"
import { scratch } from "../support/log.ts"
import { commit, everything, onLogAt } from "./support/samples.ts"

interface Entry {
  readonly stream: string
  readonly version: number
  readonly detail: string
  readonly key: string | null
}

type Answer = Receipt | "VersionConflict" | "KeyReused"

/** What the log promises, on a plain array. */
class Model {
  entries: ReadonlyArray<Entry> = []
  readonly answers = new Map<string, { readonly command: string; readonly answer: Answer }>()

  append(commits: ReadonlyArray<Commit>): ReadonlyArray<Answer> {
    const entries = [...this.entries]
    const receipts: Array<Receipt> = []
    const kept: Array<readonly [string, string, Answer]> = []
    for (const { stream, expected, key, events } of commits) {
      const command = JSON.stringify([stream, expected, events])
      const pending = kept.find(([one]) => one === key)
      const earlier =
        key === undefined
          ? undefined
          : pending === undefined
            ? this.answers.get(key)
            : { command: pending[1], answer: pending[2] }
      if (earlier !== undefined) {
        if (earlier.command !== command) return ["KeyReused"]
        if (typeof earlier.answer === "string") return [earlier.answer]
        receipts.push({ ...earlier.answer, repeated: true })
        continue
      }
      const actual = entries.filter((entry) => entry.stream === stream).length
      if (expected !== undefined && expected !== actual) {
        if (key !== undefined) this.answers.set(key, { command, answer: "VersionConflict" })
        return ["VersionConflict"]
      }
      const first = entries.length + 1
      events.forEach((event, index) => {
        const { detail } = event.payload as { detail: string }
        entries.push({ stream, version: actual + index + 1, detail, key: key ?? null })
      })
      const receipt = { repeated: false, first, last: entries.length, version: actual + events.length }
      receipts.push(receipt)
      if (key !== undefined) kept.push([key, command, receipt])
    }
    this.entries = entries
    for (const [key, command, answer] of kept) this.answers.set(key, { command, answer })
    return receipts
  }
}

const command = fc
  .record(
    {
      stream: fc.constantFrom("a", "b", "ü/🙂"),
      texts: fc.array(fc.string({ unit: "binary", maxLength: 12 }), { minLength: 1, maxLength: 5 }),
      expected: fc.nat({ max: 6 }),
      key: fc.constantFrom("k1", "k2", "k3", "k4", "k5")
    },
    { requiredKeys: ["stream", "texts"] }
  )
  .map(({ stream, texts, ...more }) => commit(stream, texts, more))

/** Some commands come twice, as a client sends them that got no answer. */
const commands = fc
  .array(fc.array(command, { minLength: 1, maxLength: 3 }), { maxLength: 12 })
  .chain((batches) =>
    fc
      .array(fc.nat({ max: Math.max(0, batches.length - 1) }), { maxLength: 6 })
      .map((again) => [...batches, ...again.flatMap((index) => batches.slice(index, index + 1))])
  )

const submit = (commits: ReadonlyArray<Commit>) =>
  Effect.flatMap(EventLog, (log) => log.append(commits)).pipe(
    Effect.catchTags({
      VersionConflict: ({ _tag }) => Effect.succeed([_tag]),
      KeyReused: ({ _tag }) => Effect.succeed([_tag])
    })
  )

const entries = Effect.map(everything(), (events) =>
  events.map(({ stream, version, payload, key, position }, index) => {
    expect(position).toBe(index + 1)
    return { stream, version, detail: (payload as { detail: string }).detail, key }
  })
)

describe("any sequence of commands", () => {
  it("is answered and reads back as by the model, in order, also after opening the log again", async () => {
    await fc.assert(
      fc.asyncProperty(commands, fc.nat(), async (batches, cut) => {
        await setImmediate()
        using folder = scratch()
        const path = join(folder.path, "nexus.db")
        const model = new Model()
        const middle = batches.length === 0 ? 0 : cut % batches.length
        for (const part of [batches.slice(0, middle), batches.slice(middle)]) {
          await onLogAt(
            path,
            Effect.gen(function* () {
              expect(yield* entries).toEqual(model.entries)
              for (const batch of part) expect(yield* submit(batch)).toEqual(model.append(batch))
              expect(yield* entries).toEqual(model.entries)
            })
          )
        }
        await onLogAt(
          path,
          Effect.gen(function* () {
            expect(yield* entries).toEqual(model.entries)
            const { database } = yield* EventLog
            expect(yield* verify(database)).toMatchObject({ ok: true, events: model.entries.length })
          })
        )
      }),
      { numRuns: 40 }
    )
  })
})
