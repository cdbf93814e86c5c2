import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Ancestry } from "../../../src/domain/attribution/Ancestry.ts"

/** Histories whose commits have up to two parents among the ones before. */
const history = fc
  .array(fc.array(fc.nat(), { maxLength: 2 }), { minLength: 1, maxLength: 80 })
  .map(
    (all) =>
      new Map(
        all.map((parents, index) => [
          `c${index}`,
          { parents: index === 0 ? [] : [...new Set(parents.map((parent) => `c${parent % index}`))] }
        ])
      )
  )

const walked = (commits: Map<string, { parents: ReadonlyArray<string> }>, commit: string): ReadonlySet<string> =>
  new Set((commits.get(commit)?.parents ?? []).flatMap((parent) => [parent, ...walked(commits, parent)]))

describe("which commits lead to which", () => {
  it("is what walking along their parents finds", () => {
    fc.assert(
      fc.property(history, fc.nat(), (commits, pick) => {
        const ancestry = new Ancestry(commits)
        const commit = `c${pick % Math.min(commits.size, 14)}`
        const ancestors = walked(commits, commit)
        for (const other of commits.keys()) expect(ancestry.leads(other, commit)).toBe(ancestors.has(other))
      })
    )
  })

  it("is told of a history of ten thousand commits, and of commits that nobody knows", () => {
    const commits = new Map(
      Array.from({ length: 10_000 }, (_, index) => [`c${index}`, { parents: [index === 0 ? "lost" : `c${index - 1}`] }])
    )
    const ancestry = new Ancestry(commits)
    expect(ancestry.leads("c0", "c9999")).toBe(true)
    expect(ancestry.leads("c9999", "c0")).toBe(false)
    expect(ancestry.leads("c5", "c5")).toBe(false)
    expect(ancestry.leads("lost", "c1")).toBe(false)
    expect(ancestry.leads("c1", "lost")).toBe(false)
  })
})
