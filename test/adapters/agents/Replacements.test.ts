import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { replaced, replacementsIn, unreplaced } from "../../../src/adapters/agents/Replacements.ts"

const one = (old: string, fresh: string, all = false) => [{ old, fresh, all }]

describe("undoing replacements", () => {
  it("gives the content before them", () => {
    expect(unreplaced("a new c", one("old", "new"))).toBe("a old c")
    expect(unreplaced("1 2 c", [...one("a", "1"), ...one("b", "2")])).toBe("a b c")
  })

  it("is not tried where several contents lead to the same", () => {
    expect(unreplaced("new new", one("old", "new"))).toBeUndefined()
    expect(unreplaced("aaa", one("x", "aa"))).toBeUndefined()
    expect(unreplaced("a c", one(" b", ""))).toBeUndefined()
    expect(unreplaced("new", one("old", "new", true))).toBeUndefined()
    expect(unreplaced("new", one("", "new"))).toBeUndefined()
    expect(unreplaced("a", [])).toBeUndefined()
  })

  it("is not tried where the client would have replaced another place", () =>
    expect(unreplaced("old new", one("old", "new"))).toBeUndefined())

  it("gives a content from which they lead to the one after, whenever it gives one", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 })
    fc.assert(
      fc.property(text, fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 3 }), (before, pairs) => {
        const replacements = pairs.flatMap(([old, fresh]) => one(old, fresh))
        const after = replaced(before, replacements)
        const undone = after === undefined ? undefined : unreplaced(after, replacements)
        if (undone !== undefined) expect(replaced(undone, replacements)).toBe(after)
        if (undone !== undefined && pairs.length === 1) expect(undone).toBe(before)
      }),
      { numRuns: 3000 }
    )
  })
})

describe("the replacements of a payload", () => {
  it("are read however the client spells them, or not at all", () => {
    expect(replacementsIn([{ old_string: "a", new_string: "b", replace_all: true }])).toEqual(one("a", "b", true))
    expect(replacementsIn([{ oldString: "a", newString: "" }])).toEqual(one("a", ""))
    for (const wrong of [[], [{}], [{ oldString: "a" }], ["a"], [{ oldString: "a", newString: "b" }, null]])
      expect(replacementsIn(wrong)).toBeUndefined()
  })
})
