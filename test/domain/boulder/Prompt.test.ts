import { describe, expect, it } from "vitest"
import type { Facts } from "../../../src/domain/boulder/Facts.ts"
import { defaultLimits } from "../../../src/domain/boulder/Limits.ts"
import { marker, promptOf } from "../../../src/domain/boulder/Prompt.ts"
import { finished, ordinary, task } from "./situations.ts"

const printed = new Map([["ci", "1 test failed:\n  cart.test.js"]])
const told = (facts: Partial<Facts>, level = 1, base = ordinary, tokens: number | null = null): string =>
  promptOf({ ...base, ...facts }, level, { ...defaultLimits, tokens }, { nexus: "nexus", printed })

describe("what an agent is told", () => {
  it("is where the work stands, one next step, and the way out", () => {
    expect(told({ continued: { ...ordinary.continued, run: 2 } })).toBe(
      [
        '[nexus R-1 3/25] 1 task open. Next: T-1 "Write the parser". When it holds: nexus task done T-1',
        "Before the work counts as done, these have to pass: ci (not run on these files).",
        'If it needs a person: nexus task block T-1 --reason "…".'
      ].join("\n")
    )
  })

  it("names what failed before what did not run, with the end of what it printed", () => {
    const gates: Facts["gates"] = [
      { name: "commits", verdict: null, id: null },
      { name: "ci", verdict: "failed", id: 4 }
    ]
    const text = told({ gates }, 1, finished)
    expect(text).toContain("Next: mend what the gate ci found, then run it again: nexus gate run ci")
    expect(text).toContain("The end of what ci printed:\n1 test failed:\n  cart.test.js")
    expect(told({ gates: gates.slice(0, 1) }, 1, finished)).toContain(
      "Next: run the gate commits: nexus gate run commits"
    )
  })

  it("is another when nothing came of the last, and another again", () => {
    const texts = [1, 2, 3].map((level) => told({}, level))
    expect(new Set(texts).size).toBe(3)
    expect(texts[1]).toContain("Name in one sentence what stands in the way of T-1")
    expect(texts[2]).toContain("Leave that approach")
  })

  it("warns of the tokens once, at four fifths of them", () => {
    const warning = "% of the run's tokens are used."
    expect(told({ tokens: 79, tokensLast: 70 }, 1, ordinary, 100)).not.toContain(warning)
    expect(told({ tokens: 80, tokensLast: 79 }, 1, ordinary, 100)).toContain(`80 ${warning}`)
    expect(told({ tokens: 90, tokensLast: 80 }, 1, ordinary, 100)).not.toContain(warning)
    expect(told({ tokens: 90 })).not.toContain(warning)
  })

  it("begins so that it is known again, whatever a client puts before it", () => {
    expect(told({})).toMatch(marker)
    expect(`\n${told({ tasks: { ...ordinary.tasks, next: task("T-2") } })}`).toMatch(marker)
    expect("Please look at [nexus R-1 3/25]").not.toMatch(marker)
  })
})
