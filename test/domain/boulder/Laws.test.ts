/** What holds for every sequence of events: no limit is exceeded, nothing goes on in a pause, and the log alone decides. */
import { hash } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { SessionId } from "../../../src/domain/Ids.ts"
import {
  type BoulderFact,
  decide as command,
  evolve,
  initial,
  runFor,
  type State
} from "../../../src/domain/boulder/Boulder.ts"
import { algorithm, decide } from "../../../src/domain/boulder/Decide.ts"
import { defaultLimits, type Limits } from "../../../src/domain/boulder/Limits.ts"
import { observe, type World } from "../../../src/domain/boulder/Observe.ts"
import { TaskId } from "../../../src/domain/boulder/TaskEvents.ts"
import { turnAfter } from "../../../src/domain/boulder/Turn.ts"
import * as Either from "effect/Either"
import { noon } from "./situations.ts"

const sessions = ["claude:a", "opencode:b"].map((id) => SessionId.make(id))

interface Stop {
  readonly kind: "stop"
  readonly session: number
  readonly tree: number
  readonly acted: boolean
  readonly humanSpoke: boolean
  readonly open: number
  readonly green: boolean
  readonly signature: number
  readonly answer: number
  readonly background: boolean
  readonly repeated: boolean
}

type Step = { readonly after: number } & (
  | Stop
  | { readonly kind: "pause" | "resume" | "reset" | "arm" | "confirm" | "lose" }
)

const stop = fc.record({
  kind: fc.constant("stop" as const),
  session: fc.nat(1),
  tree: fc.nat(3),
  acted: fc.boolean(),
  humanSpoke: fc.boolean(),
  open: fc.nat(3),
  green: fc.boolean(),
  signature: fc.nat(2),
  answer: fc.nat(2),
  background: fc.boolean(),
  repeated: fc.boolean()
})
const steps = fc.array(
  fc
    .tuple(
      fc.nat(600_000),
      fc.oneof(
        { weight: 20, arbitrary: stop },
        ...(["pause", "resume", "reset", "arm", "confirm", "lose"] as const).map((kind) => ({
          weight: 1,
          arbitrary: fc.constant({ kind })
        }))
      )
    )
    .map(([after, step]): Step => ({ after, ...step })),
  { maxLength: 120 }
)
const limitsOf: fc.Arbitrary<Limits> = fc
  .record({
    perRun: fc.integer({ min: 1, max: 25 }),
    perTask: fc.integer({ min: 1, max: 10 }),
    perHour: fc.integer({ min: 1, max: 12 }),
    sinceHuman: fc.integer({ min: 1, max: 15 }),
    textOnly: fc.integer({ min: 1, max: 30 }),
    sameProgress: fc.integer({ min: 1, max: 30 })
  })
  .map((some) => ({ ...defaultLimits, sameFailure: 30, ...some }))

const sha256 = (text: string): string => hash("sha256", text)

interface Fact {
  readonly fact: BoulderFact
  readonly position: number
  readonly time: number
}

/** Goes through the steps as the app does, and gives the facts that it would have recorded. */
const play = (all: ReadonlyArray<Step>, limits: Limits): ReadonlyArray<Fact> => {
  let state: State = initial
  let time = noon
  const facts: Array<Fact> = []
  const record = (fact: BoulderFact): void => {
    const position = facts.length + 1
    facts.push({ fact, position, time })
    state = evolve(state, fact, { position, time, by: "ada" })
  }
  const arm = {
    scope: { kind: "project" },
    tasks: "all",
    mode: "enforce",
    checkout: "/home/ada/shop",
    base: null,
    uncommitted: [],
    gates: [{ gate: "ci", definition: "d" }],
    files: []
  } as const
  const obey = (wanted: Parameters<typeof command>[1]): void =>
    Either.getOrThrow(command(state, wanted, time)).forEach(record)
  obey({ do: "arm", run: arm })
  for (const step of all) {
    time += step.after
    if (step.kind === "pause") obey({ do: "pause", reason: null, until: null })
    else if (step.kind === "resume") obey({ do: "resume" })
    else if (step.kind === "reset") obey({ do: "reset", run: null })
    else if (step.kind === "arm") obey({ do: "arm", run: arm })
    else if (step.kind === "stop") {
      const session = sessions[step.session]!
      const run = runFor(state, session, "/home/ada/shop")
      if (run === undefined) continue
      const before = run.conversations[session]
      const turn = {
        ...turnAfter(before ?? { failures: { inRow: 0, last: null }, compacted: null }),
        acted: step.acted,
        humanSpoke: step.humanSpoke,
        answer: `answer ${step.answer}`
      }
      const facts = observe(state, run, turn, worldOf(step, session, time), limits, sha256)
      record({
        type: "StopDecided",
        payload: { run: run.id, session, ...decide(facts, limits), algorithm, facts, limits }
      })
    } else {
      for (const run of state.runs)
        for (const session of sessions) {
          const pending = run.conversations[session]?.pending ?? null
          if (pending === null) continue
          const payload = { run: run.id, session, decision: pending.position }
          if (step.kind === "confirm") record({ type: "ContinuationConfirmed", payload })
          else record({ type: "ContinuationLost", payload: { ...payload, why: "no new turn" } })
        }
    }
  }
  return facts
}

const worldOf = (step: Stop, session: SessionId, now: number): World => ({
  now,
  client: "claude",
  session,
  off: null,
  mode: "enforce",
  stop: {
    kind: "stop",
    isNamed: true,
    intent: null,
    background: Number(step.background),
    failure: null,
    contextPercent: null,
    turn: null,
    delivered: step.repeated ? now - 3_600_000 : now
  },
  tasks: Array.from({ length: 3 }, (_, index) => ({
    id: TaskId.make(`T-${index + 1}`),
    title: "Write the parser",
    priority: 50,
    after: [],
    gates: [],
    origin: undefined,
    status: index < step.open ? ("open" as const) : ("done" as const),
    reason: null,
    by: null
  })),
  atWork: new Set(),
  gates: [
    step.green
      ? { name: "ci", verdict: "passed", id: 1, signature: null }
      : { name: "ci", verdict: "failed", id: now, signature: `signature ${step.signature}` }
  ],
  alarms: [],
  tokens: null,
  tree: `tree ${step.tree}`
})

describe("for every sequence of events", () => {
  it("no limit is exceeded, and an escalated run says nothing more until a person answers", () => {
    fc.assert(
      fc.property(steps, limitsOf, (all, limits) => {
        let perRun = 0
        let perTask = new Map<string, number>()
        let recent: Array<number> = []
        const sinceHuman = new Map<string, number>()
        let waits = false
        const forget = (): void => {
          perRun = 0
          perTask = new Map()
          recent = []
          sinceHuman.clear()
          waits = false
        }
        for (const { fact, time } of play(all, limits)) {
          if (fact.type === "BoulderArmed" || fact.type === "BoulderResumed" || fact.type === "BoulderReset") forget()
          if (fact.type !== "StopDecided") continue
          const { verdict, session, facts } = fact.payload
          if (facts.continued.sinceHuman === 0) sinceHuman.set(session, 0)
          if (verdict === "escalate") waits = true
          if (verdict !== "continue") continue
          expect(waits).toBe(false)
          perRun++
          recent = [...recent.filter((earlier) => time - earlier < 3_600_000), time]
          const task = facts.tasks.next?.id ?? ""
          perTask.set(task, (perTask.get(task) ?? 0) + 1)
          sinceHuman.set(session, (sinceHuman.get(session) ?? 0) + 1)
          expect(perRun).toBeLessThanOrEqual(limits.perRun)
          expect(perTask.get(task)).toBeLessThanOrEqual(limits.perTask)
          expect(recent.length).toBeLessThanOrEqual(limits.perHour)
          expect(sinceHuman.get(session)).toBeLessThanOrEqual(limits.sinceHuman)
        }
      }),
      { numRuns: 500 }
    )
  })

  it("nothing is continued between a pause and a person's resuming it", () => {
    fc.assert(
      fc.property(steps, (all) => {
        let paused = false
        for (const { fact } of play(all, defaultLimits)) {
          if (fact.type === "BoulderPaused") paused = true
          if (fact.type === "BoulderResumed") paused = false
          if (fact.type === "StopDecided" && paused) expect(fact.payload.verdict).toBe("allow")
        }
      }),
      { numRuns: 300 }
    )
  })

  it("the recorded facts give the recorded verdict again, also when they come from JSON, and the same state", () => {
    fc.assert(
      fc.property(steps, limitsOf, (all, limits) => {
        const told = JSON.parse(JSON.stringify(play(all, limits))) as ReadonlyArray<Fact>
        let state: State = initial
        for (const { fact, position, time } of told) {
          if (fact.type === "StopDecided") {
            const { facts, limits: recorded, verdict, rule, reason } = fact.payload
            expect(decide(facts, recorded)).toMatchObject({ verdict, rule, reason })
          }
          state = evolve(state, fact, { position, time, by: "ada" })
        }
        const again = play(all, limits).reduce(
          (before: State, { fact, position, time }) => evolve(before, fact, { position, time, by: "ada" }),
          initial
        )
        expect(state).toEqual(JSON.parse(JSON.stringify(again)))
      }),
      { numRuns: 200 }
    )
  })
})
