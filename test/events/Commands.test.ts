/** What the log promises to commands: expected versions, keys, transactions. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { describe, expect, it } from "vitest"
import type { Commit } from "../../src/events/Event.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { onLog } from "../support/log.ts"
import { commit, details, everything } from "./support/samples.ts"

const append = (...commits: ReadonlyArray<Commit>) => Effect.flatMap(EventLog, (log) => log.append(commits))
const refused = (...commits: ReadonlyArray<Commit>) => Effect.flip(append(...commits))

describe("an expected version", () => {
  it("of 0 begins a stream, and of n continues it", async () => {
    await onLog(
      Effect.gen(function* () {
        yield* append(commit("s", ["1", "2"], { expected: 0 }))
        const [receipt] = yield* append(commit("s", ["3"], { expected: 2 }))
        expect(receipt).toEqual({ repeated: false, first: 3, last: 3, version: 3 })
      })
    )
  })

  it.each([0, 1, 3, 100])("of %i is a conflict when the stream is at 2, and says so", async (expected) => {
    const [failure, left] = await onLog(
      Effect.gen(function* () {
        yield* append(commit("s", ["1", "2"]))
        return [yield* refused(commit("s", ["x"], { expected })), yield* details()] as const
      })
    )
    expect(failure).toMatchObject({ _tag: "VersionConflict", stream: "s", expected, actual: 2 })
    expect(left).toEqual(["1", "2"])
  })

  it("of a stream that is not there yet is 0", async () => {
    const failure = await onLog(refused(commit("new", ["x"], { expected: 1 })))
    expect(failure).toMatchObject({ _tag: "VersionConflict", stream: "new", expected: 1, actual: 0 })
  })

  it("that is wrong for one commit of a batch appends none of it", async () => {
    const left = await onLog(
      Effect.gen(function* () {
        yield* refused(commit("a", ["1"]), commit("b", ["2"], { expected: 5 }), commit("c", ["3"]))
        return yield* Effect.all([everything(), append(commit("c", ["4"], { expected: 0 }))])
      })
    )
    expect(left).toEqual([[], [{ repeated: false, first: 1, last: 1, version: 1 }]])
  })

  it("counts what the same batch appended before it", async () => {
    await onLog(append(commit("s", ["1", "2"], { expected: 0 }), commit("s", ["3"], { expected: 2 })))
  })
})

describe("a key", () => {
  it("answers the repeated command as the first time, and appends nothing more", async () => {
    const [first, again, left] = await onLog(
      Effect.gen(function* () {
        yield* append(commit("other", ["0"]))
        const command = commit("s", ["1", "2"], { key: "k", expected: 0 })
        const first = yield* append(command)
        yield* append(commit("s", ["later"]))
        return [first, yield* append(command), yield* details()] as const
      })
    )
    expect(first).toEqual([{ repeated: false, first: 2, last: 3, version: 2 }])
    expect(again).toEqual([{ repeated: true, first: 2, last: 3, version: 2 }])
    expect(left).toEqual(["0", "1", "2", "later"])
  })

  it.each([
    ["with another payload", commit("s", ["2"], { key: "k" })],
    ["on another stream", commit("t", ["1"], { key: "k" })],
    [
      "with another type",
      { ...commit("s", [], { key: "k" }), events: [{ type: "SessionEnded", payload: { reason: "" } }] }
    ],
    ["with more events", commit("s", ["1", "2"], { key: "k" })],
    ["with another expected version", commit("s", ["1"], { key: "k", expected: 0 })],
    ["with another fingerprint", commit("s", ["1"], { key: "k", fingerprint: "other" })]
  ] satisfies ReadonlyArray<[string, Commit]>)("of another command %s is refused", async (_, other) => {
    const [failure, left] = await onLog(
      Effect.gen(function* () {
        yield* append(commit("s", ["1"], { key: "k" }))
        return [yield* refused(other), yield* details()] as const
      })
    )
    expect(failure).toMatchObject({ _tag: "KeyReused", key: "k" })
    expect(left).toEqual(["1"])
  })

  it("with a fingerprint of its own is the same command whatever the payload", async () => {
    const again = await onLog(
      Effect.gen(function* () {
        yield* append(commit("s", ["1"], { key: "k", fingerprint: "f" }))
        return yield* append(commit("s", ["2"], { key: "k", fingerprint: "f" }))
      })
    )
    expect(again).toEqual([{ repeated: true, first: 1, last: 1, version: 1 }])
  })

  it("of a refused command gets the same refusal, even when the stream has moved there meanwhile", async () => {
    const [first, again, left] = await onLog(
      Effect.gen(function* () {
        const command = commit("s", ["x"], { key: "k", expected: 1 })
        const first = yield* refused(command)
        yield* append(commit("s", ["1"]))
        return [first, yield* refused(command), yield* details()] as const
      })
    )
    expect(first).toMatchObject({ _tag: "VersionConflict", expected: 1, actual: 0 })
    expect(again).toEqual(first)
    expect(left).toEqual(["1"])
  })

  it("is kept for the refused command of a batch, and not for another one on the same stream", async () => {
    const receipts = await onLog(
      Effect.gen(function* () {
        const good = commit("s", ["1"], { key: "good" })
        yield* refused(good, commit("s", ["x"], { key: "bad", expected: 7 }))
        return yield* append(good)
      })
    )
    expect(receipts).toEqual([{ repeated: false, first: 1, last: 1, version: 1 }])
  })

  it("used twice in one batch counts once", async () => {
    const command = commit("s", ["1"], { key: "k" })
    expect(await onLog(append(command, command))).toEqual([
      { repeated: false, first: 1, last: 1, version: 1 },
      { repeated: true, first: 1, last: 1, version: 1 }
    ])
  })

  it("can be looked up within a transaction", async () => {
    const recorded = await onLog(
      Effect.gen(function* () {
        const log = yield* EventLog
        yield* append(commit("s", ["1"], { key: "k", fingerprint: "f" }))
        return yield* log.transact((transaction) => [transaction.recorded("k"), transaction.recorded("new")])
      })
    )
    expect(recorded).toEqual(["f", undefined])
  })
})

describe("a transaction", () => {
  it("sees its own events", async () => {
    const seen = await onLog(
      Effect.gen(function* () {
        const log = yield* EventLog
        yield* append(commit("s", ["1"]))
        return yield* log.transact((transaction) => {
          transaction.append(commit("s", ["2"]))
          return transaction.page({ stream: "s" }, 10).map(({ position }) => position)
        })
      })
    )
    expect(seen).toEqual([1, 2])
  })

  it("whose body throws leaves nothing behind: no event, content, name or key", async () => {
    const [exit, tables] = await onLog(
      Effect.gen(function* () {
        const log = yield* EventLog
        const counts = () =>
          ["events", "names", "heads", "receipts", "blobs"].map((table) =>
            log.database.sqlite.prepare(`SELECT count(*) FROM ${table}`).pluck().get()
          )
        const before = counts()
        const blob = yield* log.blobs.prepare(Buffer.from("content"))
        const exit = yield* Effect.exit(
          log.transact((transaction) => {
            transaction.putBlob(blob)
            transaction.append(commit("s", ["1"], { key: "k" }))
            throw new Error("changed my mind")
          })
        )
        return [exit, [before, counts()]] as const
      })
    )
    expect(Exit.isFailure(exit)).toBe(true)
    expect(tables[1]).toEqual(tables[0])
  })

  it("that was undone does not leave its names in the memory of later ones", async () => {
    const read = await onLog(
      Effect.gen(function* () {
        const log = yield* EventLog
        yield* append(commit("first", ["0"]))
        yield* Effect.exit(
          log.transact((transaction) => {
            transaction.append(commit("undone", ["1"], { project: "undone project" }))
            throw new Error("changed my mind")
          })
        )
        // The numbers of the undone names are given again, to others.
        yield* append(commit("second", ["2"], { project: "kept project" }))
        yield* append(commit("undone", ["3"], { project: "undone project" }))
        return yield* everything()
      })
    )
    expect(read.map(({ stream, project }) => [stream, project])).toEqual([
      ["first", null],
      ["second", "kept project"],
      ["undone", "undone project"]
    ])
  })

  it("that was refused with a key reused or a version conflict is undone as a whole", async () => {
    const left = await onLog(
      Effect.gen(function* () {
        const log = yield* EventLog
        yield* append(commit("s", ["1"], { key: "k" }))
        const failure = yield* Effect.flip(
          log.transact((transaction) => {
            transaction.append(commit("t", ["2"]))
            transaction.append(commit("s", ["3"], { key: "k" }))
          })
        )
        expect(failure._tag).toBe("KeyReused")
        return yield* details()
      })
    )
    expect(left).toEqual(["1"])
  })
})
