import { describe, expect, it } from "vitest"
import { SessionId } from "../../../src/domain/Ids.ts"
import { RunId, type StopDecided } from "../../../src/domain/boulder/BoulderEvents.ts"
import { evolve, initial } from "../../../src/domain/boulder/Boulder.ts"
import { after } from "../../../src/domain/boulder/Conversation.ts"
import { algorithm, decide } from "../../../src/domain/boulder/Decide.ts"
import type { Facts } from "../../../src/domain/boulder/Facts.ts"
import { defaultLimits } from "../../../src/domain/boulder/Limits.ts"
import { finished, noon, ordinary } from "./situations.ts"

const decided = (facts: Facts): StopDecided => ({
  run: RunId.make("R-1"),
  session: SessionId.make("claude:1"),
  ...decide(facts, defaultLimits),
  algorithm,
  facts,
  limits: defaultLimits
})
const at = { position: 9, time: noon }
const row: Facts = {
  ...ordinary,
  textOnly: 2,
  sameProgress: 2,
  fingerprints: ["a", "a"],
  continued: { ...ordinary.continued, sinceHuman: 4 }
}
const before = after(decided(row), undefined, at)
const standDown: Facts = { ...row, stop: { ...row.stop, background: 1 } }

describe("a run", () => {
  it("remembers the conversations of its last hundred decisions", () => {
    const by = "ada"
    const armed = {
      run: RunId.make("R-1"),
      scope: { kind: "project" },
      tasks: "all",
      mode: "enforce",
      checkout: "/shop",
      base: null,
      uncommitted: [],
      gates: [],
      files: []
    } as const
    let state = evolve(initial, { type: "BoulderArmed", payload: armed }, { position: 1, time: noon, by })
    for (let index = 2; index <= 150; index++) {
      const payload = { ...decided(row), session: SessionId.make(`claude:${index}`) }
      state = evolve(state, { type: "StopDecided", payload }, { position: index, time: noon, by })
    }
    const names = Object.keys(state.runs[0]?.conversations ?? {})
    expect(names).toHaveLength(100)
    expect(names).toContain("claude:150")
    expect(names).not.toContain("claude:50")
  })
})

describe("a row of stops", () => {
  it("goes on with each continuation, which counts against what was said since a person spoke", () => {
    expect(before).toMatchObject({ sinceHuman: 5, tallies: { textOnly: 2, sameProgress: 2 } })
    // A client that can wait is left idle for so long first: only then is its turn due.
    expect(before.pending).toEqual({ position: at.position, time: noon + 10_000 })
  })

  it("stays as it is over a stop at which the work was not looked at", () => {
    expect(after(decided({ ...standDown, textOnly: 3 }), before, at).tallies).toEqual(before.tallies)
  })

  it("has a tool call in it, also when the next stop was not looked at", () => {
    expect(after(decided({ ...standDown, textOnly: 0 }), before, at).tallies).toMatchObject({
      textOnly: 0,
      sameProgress: 2
    })
  })

  it("ends with a person's words, and with a stop that was granted", () => {
    expect(after(decided({ ...standDown, fingerprints: ["a"] }), before, at).tallies).toMatchObject({ sameProgress: 0 })
    expect(after(decided(finished), before, at)).toMatchObject({ pending: null, tallies: { sameProgress: 0 } })
  })
})
