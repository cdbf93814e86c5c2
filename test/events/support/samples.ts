/** Small facts, commits of them, and a log that has some of everything. */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Actor } from "../../../src/domain/Actor.ts"
import type { Commit, NewEvent } from "../../../src/events/Event.ts"
import { EventLog } from "../../../src/events/EventLog.ts"
import { logAt } from "../../support/log.ts"

export const ada: Actor = { kind: "human", name: "ada" }
export const claude: Actor = { kind: "agent", name: "claude", model: "claude-opus-5-5" }

/** A fact that says no more than `detail`. */
export const fact = (detail: string): NewEvent => ({ type: "HookReceived", payload: { hook: "Test", detail } })

export const commit = (stream: string, details: ReadonlyArray<string>, more: Partial<Commit> = {}): Commit => ({
  stream,
  actor: ada,
  events: details.map(fact),
  ...more
})

/** Runs a program on the log at `path`, opened for it and closed afterwards; without projections. */
export const onLogAt = <A, E>(
  path: string,
  program: Effect.Effect<A, E, EventLog>,
  clock?: Clock.Clock
): Promise<A> => {
  const opened = program.pipe(Effect.provide(logAt(path, [])))
  return Effect.runPromise(clock === undefined ? opened : Effect.withClock(opened, clock))
}

/** Everything that matches, in order, as one array. */
export const everything = (query: Parameters<EventLog["Type"]["page"]>[0] = {}) =>
  Effect.flatMap(EventLog, (log) => log.page(query, 1_000_000))

/** The texts of facts, in order. */
export const details = (query: Parameters<EventLog["Type"]["page"]>[0] = {}) =>
  Effect.map(everything(query), (events) =>
    events.map((event) => (event.type === "HookReceived" ? event.payload.detail : event.type))
  )

/** Sixty events on six streams, one of its payloads destroyed, with contents that rest on each other. */
export const sixtyEvents = Effect.gen(function* () {
  const log = yield* EventLog
  let text = Array.from({ length: 200 }, (_, line) => `line ${line}: ${(line * 7919) % 997}`).join("\n")
  let base: Parameters<typeof log.blobs.prepare>[1]
  for (let turn = 0; turn < 20; turn++) {
    text = text.replace(`line ${turn * 9}:`, `line ${turn * 9}, edited in turn ${turn}:`)
    const content = Buffer.from(text)
    const blob = yield* log.blobs.prepare(content, base)
    base = { content, blob }
    const ref = { oid: "0".repeat(40), bytes: content.length, blob: blob.hash }
    const edited: NewEvent = {
      type: "FileEdited",
      payload: {
        path: `src/ü${turn}.ts`,
        tool: "Edit",
        call: `call-${turn}`,
        operation: "modified",
        after: ref,
        evidence: "payload"
      },
      causation: 0
    }
    const batch = commit(`session/claude:${turn % 5}`, [`turn ${turn}`], {
      correlation: `claude:${turn % 5}`,
      ...(turn % 2 === 0 ? { key: `key-${turn}` } : {}),
      ...(turn % 3 === 0 ? { project: "prj_0123456789abcdef" } : {}),
      actor: turn % 4 === 0 ? ada : claude
    })
    const small = yield* log.blobs.prepare(Buffer.from(`raw ${turn}`))
    yield* log.append(
      [{ ...batch, events: [...batch.events, edited] }, commit("device/here", [`note ${turn} "é" 🙂`])],
      [blob, small]
    )
  }
  yield* log.destroyPayload(17)
})
