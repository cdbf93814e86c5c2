import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { decide, delayOf, rules } from "../../../src/domain/boulder/Decide.ts"
import type { Facts } from "../../../src/domain/boulder/Facts.ts"
import { defaultLimits, type Limits } from "../../../src/domain/boulder/Limits.ts"
import { finished, noon, ordinary, task } from "./situations.ts"

const minute = 60_000
const verdict = (facts: Partial<Facts>, limits: Partial<Limits> = {}, base = ordinary): string => {
  const { verdict: said, rule } = decide({ ...base, ...facts }, { ...defaultLimits, ...limits })
  return `${said}: ${rule}`
}
const stop = (fields: Partial<Facts["stop"]>): Partial<Facts> => ({ stop: { ...ordinary.stop, ...fields } })

describe("a stop with work left", () => {
  it("is continued", () => expect(verdict({})).toBe("continue: work is left"))

  it("is allowed when the enforcer is switched off, whatever else holds", () => {
    for (const off of ["environment", "stop file", "configuration"] as const)
      expect(verdict({ off })).toBe("allow: switched off")
  })

  it("is allowed during a pause, and not after its end", () => {
    const paused = { by: "ada", reason: null, until: null }
    expect(verdict({ paused })).toBe("allow: paused")
    expect(verdict({ paused: { ...paused, until: noon + 1 } })).toBe("allow: paused")
    expect(verdict({ paused: { ...paused, until: noon } })).toBe("continue: work is left")
  })

  it("is allowed where no run is armed, or one waits for a person", () => {
    expect(verdict({ run: null })).toBe("allow: not armed")
    expect(verdict({ run: { ...ordinary.run!, status: "escalated" } })).toBe("allow: not armed")
  })

  it("is allowed when it is not known whose it is, was decided already, or is a subagent's", () => {
    expect(verdict(stop({ isNamed: false }))).toBe("allow: not ours")
    expect(verdict(stop({ isRepeated: true }))).toBe("allow: not ours")
    expect(verdict(stop({ kind: "subagent" }))).toBe("allow: not ours")
    expect(verdict({ lost: 2 })).toBe("allow: not ours")
    expect(verdict({ lost: 1 })).toBe("continue: work is left")
  })

  it("is allowed whatever a person does just now", () => {
    for (const intent of ["aborted", "question", "permission", "plan mode"] as const)
      expect(verdict(stop({ intent }))).toBe("allow: a person acts")
  })

  it("is allowed while its own work runs, its memory is fresh from a compaction or nearly full, or others have the rest", () => {
    expect(verdict(stop({ background: 1 }))).toBe("allow: stand down")
    expect(verdict({ sinceCompaction: minute - 1 })).toBe("allow: stand down")
    expect(verdict({ sinceCompaction: minute })).toBe("continue: work is left")
    expect(verdict(stop({ contextPercent: 85 }))).toBe("allow: stand down")
    expect(verdict(stop({ contextPercent: 84.9 }))).toBe("continue: work is left")
    const tasks = { ...ordinary.tasks, next: null, open: 0, elsewhere: 1 }
    expect(verdict({ tasks })).toBe("allow: stand down")
  })

  it("is left to a person when the model's service refuses for good, and allowed when it may come back", () => {
    expect(verdict(stop({ kind: "failure", failure: "final" }))).toBe("escalate: service failed")
    expect(verdict(stop({ kind: "failure", failure: "passing" }))).toBe("allow: service failed")
    expect(verdict({ failures: { inRow: 2, last: noon - minute } })).toBe("allow: service failed")
    expect(verdict({ failures: { inRow: 2, last: noon - 5 * minute } })).toBe("continue: work is left")
    expect(verdict({ failures: { inRow: 6, last: noon - 60 * minute } })).toBe("escalate: service failed")
  })

  it("is left to a person at each limit, and not before", () => {
    const limits = [
      ["run", "perRun"],
      ["task", "perTask"],
      ["hour", "perHour"],
      ["sinceHuman", "sinceHuman"]
    ] as const
    for (const [count, limit] of limits) {
      const most = defaultLimits[limit]
      expect(verdict({ continued: { ...ordinary.continued, [count]: most } })).toBe("escalate: limit reached")
      expect(verdict({ continued: { ...ordinary.continued, [count]: most - 1 } })).toBe("continue: work is left")
    }
    const run = { ...ordinary.run!, since: noon - defaultLimits.wallClock }
    expect(verdict({ run })).toBe("escalate: limit reached")
    expect(verdict({ tokens: 1000 }, { tokens: 1000 })).toBe("escalate: limit reached")
    expect(verdict({ tokens: 999 }, { tokens: 1000 })).toBe("continue: work is left")
    expect(verdict({ tokens: 1e9 })).toBe("continue: work is left")
  })

  it("never lasts longer than eight hours, whatever is configured", () => {
    const run = { ...ordinary.run!, since: noon - 8 * 60 * minute }
    expect(verdict({ run }, { wallClock: 86_400_000 })).toBe("escalate: limit reached")
  })

  it("is left to a person when nothing comes of it", () => {
    expect(verdict({ textOnly: 3 })).toBe("escalate: no progress")
    expect(verdict({ sameProgress: 3 })).toBe("escalate: no progress")
    const failing = { gate: "ci", signature: "s", id: 4 }
    expect(verdict({ failing: [{ ...failing, times: 3 }] })).toBe("escalate: no progress")
    expect(verdict({ failing: [{ ...failing, times: 2 }] })).toBe("continue: work is left")
    expect(verdict({ fingerprints: ["a", "b", "a", "b", "a", "b"] })).toBe("escalate: no progress")
    expect(verdict({ fingerprints: ["a", "b", "a", "b", "a", "c"] })).toBe("continue: work is left")
    expect(verdict({ fingerprints: ["a", "b", "a", "b"] })).toBe("continue: work is left")
  })

  it("is told with more weight each time that nothing came of it", () => {
    const level = (facts: Partial<Facts>) =>
      decide({ ...ordinary, ...facts }, { ...defaultLimits, sameProgress: 9 }).level
    expect(level({})).toBe(1)
    expect(level({ sameProgress: 2 })).toBe(2)
    expect(level({ textOnly: 2 })).toBe(2)
    expect(level({ sameAnswer: 2 })).toBe(2)
    expect(level({ sameProgress: 5 })).toBe(3)
  })
})

describe("a stop with nothing left to do", () => {
  it("is allowed when every task is done and every gate green", () =>
    expect(verdict({}, {}, finished)).toBe("allow: work is done"))

  it("takes a missing tool for a warning", () =>
    expect(verdict({ gates: [{ name: "ci", verdict: "unavailable", id: 7 }] }, {}, finished)).toBe(
      "allow: work is done"
    ))

  it("is continued while a gate is red or has not run on these files", () => {
    for (const red of ["failed", "timed out", null] as const)
      expect(verdict({ gates: [{ name: "ci", verdict: red, id: 7 }] }, {}, finished)).toBe("continue: work is left")
  })

  it("is left to a person when something was done to the checks", () => {
    const alarms = [{ kind: "test deleted", subject: "test/cart.test.ts", detail: "" } as const]
    expect(verdict({ alarms }, {}, finished)).toBe("escalate: work is done")
    // There is work that the agent can do in the meantime.
    expect(verdict({ alarms })).toBe("continue: work is left")
  })

  it("is allowed when only what needs a person is left, gates or not", () => {
    const tasks = { ...finished.tasks, blocked: [{ id: task("T-3").id, reason: "a key is needed" }], waiting: 1 }
    expect(verdict({ tasks, gates: [] }, {}, finished)).toBe("allow: a person is needed")
    expect(verdict({ tasks, gates: ordinary.gates }, {}, finished)).toBe("allow: a person is needed")
  })

  it("is allowed when what is left waits for tasks outside of the run", () => {
    const tasks = { ...finished.tasks, waiting: 1 }
    expect(verdict({ tasks }, {}, finished)).toBe("allow: a person is needed")
    expect(verdict({ tasks, gates: ordinary.gates }, {}, finished)).toBe("allow: a person is needed")
  })

  it("is never continued without something to do, nor past a limit, whatever the facts", () => {
    const count = fc.nat(30)
    const facts = fc.record({
      next: fc.boolean(),
      open: count,
      waiting: count,
      elsewhere: count,
      blocked: fc.nat(2),
      verdict: fc.constantFrom("passed", "failed", "timed out", "unavailable", null),
      run: count,
      textOnly: count,
      alarms: fc.boolean()
    })
    fc.assert(
      fc.property(facts, (given) => {
        const all: Facts = {
          ...ordinary,
          textOnly: given.textOnly,
          continued: { ...ordinary.continued, run: given.run },
          tasks: {
            next: given.next ? task("T-1") : null,
            open: given.next ? given.open + 1 : 0,
            waiting: given.waiting,
            elsewhere: given.elsewhere,
            done: 0,
            blocked: Array.from({ length: given.blocked }, () => ({ id: task("T-2").id, reason: "" }))
          },
          gates: [{ name: "ci", verdict: given.verdict, id: 1 }]
        }
        if (decide(all, defaultLimits).verdict !== "continue") return
        expect(given.next || !["passed", "unavailable"].includes(`${given.verdict}`)).toBe(true)
        expect(given.run).toBeLessThan(defaultLimits.perRun)
        expect(given.textOnly).toBeLessThan(defaultLimits.textOnly)
      })
    )
  })

  it("does not mind the limits any more", () => {
    const continued = { run: 25, task: 25, hour: 25, sinceHuman: 25 }
    expect(verdict({ continued, sameProgress: 9, textOnly: 9 }, {}, finished)).toBe("allow: work is done")
  })
})

describe("a run that only observes", () => {
  const run = { ...ordinary.run!, mode: "observe" as const }
  it("lets the agent go, and says what it would have said", () => {
    expect(decide({ ...ordinary, run }, defaultLimits)).toMatchObject({ verdict: "allow", would: "continue" })
    expect(decide({ ...ordinary, run, textOnly: 3 }, defaultLimits)).toMatchObject({
      verdict: "allow",
      would: "escalate"
    })
    expect(decide({ ...finished, run }, defaultLimits)).not.toHaveProperty("would")
  })
})

describe("the rules", () => {
  it("are asked in the order of the documentation, and the first that applies decides", () => {
    expect(rules.map(({ name }) => name)).toEqual([
      "switched off",
      "paused",
      "not armed",
      "not ours",
      "a person acts",
      "stand down",
      "service failed",
      "limit reached",
      "no progress",
      "work is done",
      "a person is needed",
      "work is left"
    ])
    const everything: Facts = {
      ...ordinary,
      off: "environment",
      paused: { by: "ada", reason: null, until: null },
      run: { ...ordinary.run!, status: "escalated" },
      textOnly: 9,
      continued: { run: 99, task: 99, hour: 99, sinceHuman: 99 },
      ...stop({ kind: "failure", failure: "final", isRepeated: true, intent: "aborted", background: 3 })
    }
    expect(decide(everything, defaultLimits).rule).toBe("switched off")
  })
})

describe("the wait before a continuation", () => {
  it("doubles each time that nothing came of it, up to the most", () => {
    const waits = [1, 2, 3, 20].map((sameProgress) => delayOf({ ...ordinary, sameProgress }, defaultLimits))
    expect(waits).toEqual([5000, 10_000, 20_000, 300_000])
  })
})
