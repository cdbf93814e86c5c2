import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { UsageReported } from "../../src/domain/SessionEvents.ts"
import { decide, evolve, type Observation, type SessionFact, type State } from "../../src/domain/Session.ts"
import { specOf } from "../support/spec.ts"

const fold = (history: ReadonlyArray<SessionFact>): State | undefined =>
  history.reduce<State | undefined>((state, fact, index) => evolve(state, fact, 1000 + index), undefined)

const { given } = specOf<State | undefined, Observation, SessionFact>({ fold, decide })

const seen = (facts: ReadonlyArray<SessionFact>, more: Partial<Observation> = {}): Observation => ({
  agent: "claude",
  cwd: "/p",
  facts,
  ...more
})
const started = (source = "startup", model?: string): SessionFact => ({
  type: "SessionStarted",
  payload: { agent: "claude", source, cwd: "/p", ...(model === undefined ? {} : { model }) }
})
const ended: SessionFact = { type: "SessionEnded", payload: { reason: "exit" } }
const prompt: SessionFact = { type: "PromptSubmitted", payload: { by: "human" } }
const toolStarted: SessionFact = { type: "ToolStarted", payload: { call: "c", tool: "Bash" } }
const toolCompleted: SessionFact = { type: "ToolCompleted", payload: { call: "c", tool: "Bash" } }
const toolFailed: SessionFact = {
  type: "ToolFailed",
  payload: { call: "c", tool: "Bash", error: "no", interrupted: false }
}
const stopped: SessionFact = { type: "StopObserved", payload: { again: false, background: 0 } }
const stopFailed: SessionFact = { type: "StopFailed", payload: { error: "rate_limit" } }
const edited: SessionFact = {
  type: "FileEdited",
  payload: { path: "a", tool: "Write", call: "c", operation: "created", evidence: "payload" }
}
const subagentStarted: SessionFact = { type: "SubagentStarted", payload: { subagent: "s", role: "r" } }
const switched = (from: string | null, to: string, evidence: "hook" | "transcript" = "transcript"): SessionFact => ({
  type: "ModelSwitched",
  payload: { from, to, evidence }
})
const usage = (messages: number, outputTokens = messages * 10): UsageReported => ({
  inputTokens: 1,
  outputTokens,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  messages,
  offset: messages * 100
})
const reported = (payload: UsageReported): SessionFact => ({ type: "UsageReported", payload })
const told = (name: string, evidence: "hook" | "transcript" = "transcript") => ({ model: { name, evidence } })

describe("what an observation of a session adds", () => {
  it("records the start that the client announces as it is, without an observed start before it", () =>
    given()
      .when(seen([started("startup", "opus")], told("opus", "hook")))
      .records(started("startup", "opus")))

  it("starts a session that is met midway as observed, with the model and transcript that are known by then", () =>
    given()
      .when(seen([toolStarted], { ...told("opus"), transcript: "/t.jsonl" }))
      .records(
        {
          type: "SessionStarted",
          payload: { agent: "claude", source: "observed", cwd: "/p", model: "opus", transcript: "/t.jsonl" }
        },
        toolStarted
      ))

  it("leaves out of an observed start what is not known", () =>
    given()
      .when(seen([stopped]))
      .records({ type: "SessionStarted", payload: { agent: "claude", source: "observed", cwd: "/p" } }, stopped))

  it("starts a session even from an observation without facts of its own", () =>
    given()
      .when(seen([]))
      .records({ type: "SessionStarted", payload: { agent: "claude", source: "observed", cwd: "/p" } }))

  it("records a late start of a session that was met midway beside the observed one", () =>
    given(started("observed"), toolStarted)
      .when(seen([started("startup")]))
      .records(started("startup")))

  it("records a model that becomes known as a switch from nothing", () =>
    given(started())
      .when(seen([toolStarted], told("opus")))
      .records(switched(null, "opus"), toolStarted))

  it("records a switch before the facts that the new model made, with its evidence", () =>
    given(started("startup", "opus"))
      .when(seen([toolStarted], told("haiku", "hook")))
      .records(switched("opus", "haiku", "hook"), toolStarted))

  it("records no switch to the model that is known already", () =>
    given(started("startup", "opus"), switched("opus", "haiku"))
      .when(seen([toolStarted], told("haiku")))
      .records(toolStarted))

  it("takes the model of an announced start from the start itself", () =>
    given(started("startup", "opus"))
      .when(seen([started("resume", "haiku")], told("haiku", "hook")))
      .records(started("resume", "haiku")))

  it("reports usage once there is a message", () => {
    given(started())
      .when(seen([stopped], { usage: usage(0) }))
      .records(stopped)
    given(started())
      .when(seen([stopped], { usage: usage(1) }))
      .records(stopped, reported(usage(1)))
  })

  it("reports usage again only when it moved", () => {
    given(started(), reported(usage(3)))
      .when(seen([stopped], { usage: { ...usage(3), offset: 9999 } }))
      .records(stopped)
    given(started(), reported(usage(3)))
      .when(seen([stopped], { usage: usage(4) }))
      .records(stopped, reported(usage(4)))
    given(started(), reported(usage(3, 30)))
      .when(seen([stopped], { usage: usage(3, 31) }))
      .records(stopped, reported(usage(3, 31)))
  })

  it("refuses nothing after the end: late facts are recorded", () =>
    given(started(), ended)
      .when(seen([toolCompleted, edited]))
      .records(toolCompleted, edited))
})

describe("the state of a session", () => {
  it("has what its start says", () =>
    given(started("startup", "opus")).leaves({ agent: "claude", model: "opus", cwd: "/p", status: "active" }))

  it("keeps model and transcript when a later start does not name them", () => {
    const first: SessionFact = {
      type: "SessionStarted",
      payload: { agent: "claude", source: "startup", cwd: "/p", model: "opus", transcript: "/t" }
    }
    given(first, started("resume")).leaves({ model: "opus", transcript: "/t" })
  })

  it("is idle after a stop, and active again with a prompt or a tool", () => {
    given(started(), stopped).leaves({ status: "idle", stops: 1 })
    given(started(), stopFailed).leaves({ status: "idle", failures: 1 })
    given(started(), stopped, prompt).leaves({ status: "active" })
    given(started(), stopped, toolStarted).leaves({ status: "active" })
  })

  it("stays ended whatever arrives late, but for a prompt or another start", () => {
    for (const late of [toolStarted, toolCompleted, toolFailed, stopped, stopFailed, edited, subagentStarted])
      given(started(), ended, late).leaves({ status: "ended" })
    given(started(), ended, prompt).leaves({ status: "active" })
    given(started(), ended, started("resume")).leaves({ status: "active" })
  })

  it("is not changed by a compaction: the agent goes on, or waits, or is gone, as before", () => {
    const compaction: ReadonlyArray<SessionFact> = [
      { type: "CompactionStarted", payload: { trigger: "auto" } },
      started("compact"),
      { type: "CompactionCompleted", payload: { trigger: "auto" } }
    ]
    given(started(), prompt, ...compaction).leaves({ status: "active", prompts: 1 })
    given(started(), stopped, ...compaction).leaves({ status: "idle" })
    given(started(), ended, ...compaction).leaves({ status: "ended" })
  })

  it("counts late facts like any others", () =>
    given(started(), ended, prompt, toolCompleted, toolFailed, edited, stopped, subagentStarted).leaves({
      prompts: 1,
      tools: 2,
      failures: 1,
      edits: 1,
      stops: 1,
      subagents: 1
    }))

  it("was last active at its latest fact, in whatever order facts arrive", () => {
    const state = evolve(evolve(evolve(undefined, started(), 50), prompt, 70), toolStarted, 60)
    expect(state).toMatchObject({ started: 50, active: 70 })
  })
})

const anyFact: fc.Arbitrary<SessionFact> = fc.constantFrom<SessionFact>(
  started(),
  started("resume", "haiku"),
  started("compact"),
  ended,
  prompt,
  toolStarted,
  toolCompleted,
  toolFailed,
  stopped,
  stopFailed,
  edited,
  subagentStarted,
  switched(null, "opus"),
  reported(usage(2)),
  { type: "SubagentStopped", payload: { subagent: "s", role: "" } },
  { type: "HookReceived", payload: { hook: "Setup" } },
  { type: "HookUnrecognised", payload: { hook: "New" } },
  { type: "NotificationShown", payload: { notification: "idle" } },
  { type: "AgentTaskCreated", payload: { task: "1", subject: "x" } },
  { type: "CaptureDriftFound", payload: { agent: "claude", hook: "New", field: "", problem: "unknown hook" } }
)

const counters = ["prompts", "tools", "edits", "failures", "subagents", "stops"] as const

describe("laws of sessions", () => {
  it("no fact ever takes anything from the counts, and each adds to one of them by one at most", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyFact, fc.nat(5000))), (facts) => {
        let state = evolve(undefined, started(), 1)
        for (const [fact, time] of facts) {
          const next = evolve(state, fact, time)
          for (const counter of counters) {
            expect(next[counter] - state[counter]).toBeGreaterThanOrEqual(0)
            expect(next[counter] - state[counter]).toBeLessThanOrEqual(1)
          }
          expect(next.active).toBeGreaterThanOrEqual(state.active)
          expect(next.started).toBe(state.started)
          state = next
        }
        const count = (...types: ReadonlyArray<string>) => facts.filter(([{ type }]) => types.includes(type)).length
        expect(state.tools).toBe(count("ToolCompleted", "ToolFailed"))
        expect(state.failures).toBe(count("ToolFailed", "StopFailed"))
        expect(state.prompts).toBe(count("PromptSubmitted"))
        expect(state.edits).toBe(count("FileEdited"))
      }),
      { numRuns: 300 }
    )
  })

  it("evolve leaves the state that it was given as it was", () => {
    fc.assert(
      fc.property(fc.array(anyFact, { minLength: 1 }), (facts) => {
        let state = Object.freeze(evolve(undefined, started(), 1))
        for (const fact of facts) state = Object.freeze(evolve(state, fact, 2))
      })
    )
  })

  it("once an observation is recorded, seeing the same again adds no start, no switch and no usage", () => {
    const model = fc.option(fc.constantFrom("opus", "haiku"), { nil: undefined })
    const observed = fc.record({
      model,
      usage: fc.option(
        fc.nat(3).map((n) => usage(n)),
        { nil: undefined }
      )
    })
    fc.assert(
      fc.property(fc.array(anyFact, { maxLength: 5 }), observed, (history, { model: name, usage: used }) => {
        const again = seen([], { ...(name && told(name)), ...(used && { usage: used }) })
        let state = fold(history)
        for (const fact of decide(state, again)) state = evolve(state, fact, 1)
        expect(decide(state, again)).toStrictEqual([])
      }),
      { numRuns: 300 }
    )
  })
})
