import * as Effect from "effect/Effect"
import * as Chunk from "effect/Chunk"
import * as Stream from "effect/Stream"
import { describe, expect, it } from "vitest"
import type { NewEvent } from "../../src/events/Event.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { verify } from "../../src/events/Verify.ts"
import { onLog } from "../support/log.ts"
import { ada, claude, commit, details, everything, fact } from "./support/samples.ts"

const append = (...commits: Parameters<EventLog["Type"]["append"]>[0]) =>
  Effect.flatMap(EventLog, (log) => log.append(commits))

describe("reading", () => {
  const filled = <A, E>(program: Effect.Effect<A, E, EventLog>) =>
    onLog(
      append(
        commit("a", ["a1", "a2"], { time: 1000, correlation: "one", project: "prj_1" }),
        commit("b", ["b1"], { time: 2000, correlation: "two", project: "prj_1" }),
        { ...commit("a", ["a3"], { time: 3000, correlation: "two" }) },
        {
          stream: "c",
          actor: ada,
          time: 1500.9,
          project: "prj_2",
          events: [
            { type: "SessionEnded", payload: { reason: "done" } },
            { type: "CompactionStarted", payload: { trigger: "auto" } }
          ]
        }
      ).pipe(Effect.zipRight(program))
    )

  it.each([
    ["everything", {}, ["a1", "a2", "b1", "a3", "SessionEnded", "CompactionStarted"]],
    ["a stream", { stream: "a" }, ["a1", "a2", "a3"]],
    ["a stream that is not there", { stream: "nowhere" }, []],
    ["one type", { types: ["SessionEnded"] }, ["SessionEnded"]],
    ["several types", { types: ["CompactionStarted", "SessionEnded"] }, ["SessionEnded", "CompactionStarted"]],
    ["known and unknown types", { types: ["SessionEnded", "Nonsense"] }, ["SessionEnded"]],
    ["only unknown types", { types: ["Nonsense"] }, []],
    ["a project", { project: "prj_1" }, ["a1", "a2", "b1"]],
    ["a correlation", { correlation: "two" }, ["b1", "a3"]],
    ["what comes after a position", { after: 3 }, ["a3", "SessionEnded", "CompactionStarted"]],
    ["what comes up to a position", { until: 2 }, ["a1", "a2"]],
    ["a range of positions", { after: 1, until: 3 }, ["a2", "b1"]],
    ["since a time, inclusive", { since: 2000 }, ["b1", "a3"]],
    ["until a time, inclusive", { before: 1500 }, ["a1", "a2", "SessionEnded", "CompactionStarted"]],
    ["all conditions at once", { stream: "a", types: ["HookReceived"], correlation: "two", since: 2500 }, ["a3"]],
    ["conditions that contradict each other", { stream: "a", project: "prj_2" }, []]
  ])("by %s gives exactly the matching events, in order", async (_, query, expected) => {
    expect(await filled(details(query))).toEqual(expected)
  })

  it("goes over several pages without losing or repeating an event", async () => {
    const texts = Array.from({ length: 2500 }, (_, n) => `n${n}`)
    const seen = await onLog(
      Effect.gen(function* () {
        const log = yield* EventLog
        yield* append(commit("long", texts), commit("other", ["x"]))
        return yield* Stream.runCollect(log.read({ stream: "long" }))
      })
    )
    expect(Chunk.toReadonlyArray(seen).map((event) => event.type === "HookReceived" && event.payload.detail)).toEqual(
      texts
    )
  })

  it("numbers positions and the versions of each stream without gaps", async () => {
    const events = await filled(everything())
    expect(events.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6])
    expect(events.map(({ stream, version }) => `${stream}${version}`)).toEqual(["a1", "a2", "b1", "a3", "c1", "c2"])
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6])
  })
})

describe("appending", () => {
  it("answers with the positions and the version that the events got", async () => {
    const receipts = await onLog(append(commit("a", ["1", "2"]), commit("b", ["3"]), commit("a", ["4"])))
    expect(receipts).toEqual([
      { repeated: false, first: 1, last: 2, version: 2 },
      { repeated: false, first: 3, last: 3, version: 1 },
      { repeated: false, first: 4, last: 4, version: 3 }
    ])
  })

  it("knows the head and the version of each stream", async () => {
    const [before, after] = await onLog(
      Effect.gen(function* () {
        const log = yield* EventLog
        const look = Effect.all([log.head, log.streamVersion("a"), log.streamVersion("b")])
        const empty = yield* look
        yield* append(commit("a", ["1", "2"]))
        const events = yield* everything()
        return [empty, [...(yield* look), events[1]?.hash]] as const
      })
    )
    expect(before).toEqual([{ position: 0, hash: "0".repeat(64) }, 0, 0])
    expect(after).toEqual([{ position: 2, hash: after[3] }, 2, 0, expect.stringMatching(/^[0-9a-f]{64}$/)])
  })

  it("keeps the whole envelope of an event, and the type's schema version", async () => {
    const events = await onLog(
      append(
        {
          stream: "s",
          actor: claude,
          time: 1234,
          project: "prj_x",
          correlation: "claude:1",
          key: "k",
          events: [
            fact("first"),
            { ...fact("second"), actor: ada, causation: 0 },
            { ...fact("third"), causation: "some-id" }
          ]
        },
        commit("t", ["bare"])
      ).pipe(Effect.zipRight(Effect.all([everything(), Effect.map(EventLog, ({ device }) => device)])))
    )
    const [[first, second, third, bare], device] = events
    expect(first).toMatchObject({
      stream: "s",
      version: 1,
      type: "HookReceived",
      schema: 1,
      time: 1234,
      device,
      seq: 1
    })
    expect(first).toMatchObject({ project: "prj_x", correlation: "claude:1", key: "k", actor: claude, causation: null })
    expect(first?.payload).toEqual({ hook: "Test", detail: "first" })
    expect(second).toMatchObject({ actor: ada, causation: first?.id, correlation: "claude:1" })
    expect(third).toMatchObject({ actor: claude, causation: "some-id" })
    expect(bare).toMatchObject({ project: null, correlation: null, key: null, causation: null, actor: ada })
    expect(new Set([first, second, third, bare].map((event) => event?.id)).size).toBe(4)
  })

  it.each([
    ["a lone surrogate", "broken \ud83d half"],
    ["a NUL", "a\u0000b"],
    ["line feeds and quotes", 'a\n"b"\\u0000\r\u2028'],
    ["characters outside the basic plane", "🙂 𝔘 é é עברית"],
    ["characters that JSON leaves as they are", "a delete \u007f and a replacement \ufffd"],
    ["nothing", ""]
  ])("gives back a payload with %s as it was", async (_, text) => {
    const [read, verified] = await onLog(
      append(commit("s", [text], { actor: { kind: "human", name: text } })).pipe(
        Effect.zipRight(Effect.all([everything(), Effect.flatMap(EventLog, ({ database }) => verify(database))]))
      )
    )
    expect(read[0]?.payload).toEqual({ hook: "Test", detail: text })
    expect(read[0]?.actor).toEqual({ kind: "human", name: text })
    expect(verified.ok).toBe(true)
  })

  it("of no events at all records nothing, and the log still verifies", async () => {
    const [receipts, verified, after] = await onLog(
      Effect.gen(function* () {
        const { database } = yield* EventLog
        const empty = yield* append(commit("s", []))
        return [empty, yield* verify(database), yield* append(commit("s", ["1"]))] as const
      })
    )
    expect(receipts[0]).toMatchObject({ version: 0 })
    expect(verified).toMatchObject({ ok: true, events: 0, finding: null })
    expect(after).toEqual([{ repeated: false, first: 1, last: 1, version: 1 }])
  })

  it("stores contents together with the events that refer to them", async () => {
    const [kept, lost] = await onLog(
      Effect.gen(function* () {
        const log = yield* EventLog
        const good = yield* log.blobs.prepare(Buffer.from("kept"))
        const bad = yield* log.blobs.prepare(Buffer.from("lost"))
        yield* log.append([commit("s", ["1"])], [good])
        yield* Effect.flip(log.append([commit("s", ["2"], { expected: 0 })], [bad]))
        return yield* Effect.all([log.blobs.get(good.hash), log.blobs.get(bad.hash)])
      })
    )
    expect(kept?.toString()).toBe("kept")
    expect(lost).toBeUndefined()
  })
})

describe("an event is refused", () => {
  const events = (...list: ReadonlyArray<unknown>) => ({ ...commit("s", []), events: list as ReadonlyArray<NewEvent> })

  it.each([
    ["of a type that is not in the catalogue", events({ type: "Nonsense", payload: {} })],
    ["of a type that is only a property of every object", events({ type: "constructor", payload: {} })],
    ["without a required field", events({ type: "SessionEnded", payload: {} })],
    ["with a field of the wrong type", events({ type: "SessionEnded", payload: { reason: 7 } })],
    ["without a payload", events({ type: "SessionEnded" })],
    ["that is over its type's budget", events({ type: "SessionEnded", payload: { reason: "x".repeat(600) } })],
    [
      "that is over it in bytes but not in characters",
      events({ type: "SessionEnded", payload: { reason: "é".repeat(300) } })
    ],
    ["after a good one of the same batch", events(fact("good"), { type: "Nonsense", payload: {} })],
    ["with a line feed in its stream", commit("s\nx", ["1"])],
    ["with a NUL in its stream", commit("s\u0000", ["1"])],
    ["without a name of a stream", commit("", ["1"])],
    ["with half a character in its stream", commit("\ud83d", ["1"])],
    ["with a control character in its key", commit("s", ["1"], { key: "k\u007f" })],
    ["with an empty key", commit("s", ["1"], { key: "" })],
    ["with a line feed in its correlation", commit("s", ["1"], { correlation: "a\nb" })],
    ["with a line feed in its project", commit("s", ["1"], { project: "a\nb" })],
    ["with an empty causation", events({ ...fact("1"), causation: "" })]
  ])("%s, and nothing is recorded", async (_, refused) => {
    const [failure, left] = await onLog(
      Effect.gen(function* () {
        const log = yield* EventLog
        const failure = yield* Effect.flip(log.append([commit("before", ["b"]), refused]))
        return [failure, yield* everything()] as const
      })
    )
    expect(failure._tag).toBe("EventRefused")
    expect(left).toEqual([])
  })

  it("within its budget to the byte is recorded, one byte more is not", async () => {
    const reason = (length: number) => ({ type: "SessionEnded" as const, payload: { reason: "x".repeat(length) } })
    const overhead = Buffer.byteLength(JSON.stringify({ reason: "" }))
    await onLog(
      Effect.gen(function* () {
        const log = yield* EventLog
        yield* log.append([{ ...commit("s", []), events: [reason(512 - overhead)] }])
        const failure = yield* Effect.flip(log.append([{ ...commit("s", []), events: [reason(513 - overhead)] }]))
        expect(failure.message).toContain("513 bytes are over its budget of 512")
      })
    )
  })
})
