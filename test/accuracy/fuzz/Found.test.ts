/** What the fuzzer found, made small. */
import { expect, test } from "vitest"
import type { CommitFact, Facts } from "../../../src/domain/attribution/Facts.ts"
import { lineOwners } from "../../../src/domain/attribution/LineOwners.ts"

/** A repository in which everything happened within one second: commits on top of one another. */
const oneSecond = (commits: ReadonlyArray<{ readonly id: string; readonly lines: ReadonlyArray<string> }>): Facts => {
  const at = 1_700_000_000_000
  const facts = commits.map(({ id }): CommitFact => ({
    commit: id,
    parents: ["base"],
    authorKey: "ada",
    authored: at,
    committed: at,
    reverts: null,
    pickedFrom: null
  }))
  return {
    since: at - 1000,
    changes: [],
    commits: new Map(facts.map((fact) => [fact.commit, fact])),
    files: commits.map(({ id }) => ({ commit: id, path: "f", from: null, before: null, after: `blob ${id}` })),
    baselines: [],
    moves: commits.map(({ id }, index) => {
      const from = commits[index - 1]?.id ?? "base"
      return { checkout: "/", from, to: id, verb: "commit (amend)", at }
    }),
    otherParents: () => [],
    lines: (oid) => commits.find(({ id }) => oid === `blob ${id}`)?.lines,
    precedes: () => false,
    isLive: () => true,
    wasBlind: () => false,
    imported: () => undefined,
    beside: () => [],
    sameContent: () => [],
    resembled: () => undefined,
    siblings: () => [],
    elsewhere: () => undefined
  }
}

test("commits of one second do not explain each other in circles: thirty amendments are derived at once", () => {
  const commits = Array.from({ length: 30 }, (_, index) => ({
    id: `c${index}`,
    lines: Array.from({ length: index + 1 }, (_line, line) => `line${line}`)
  }))
  const facts = oneSecond(commits)
  let asked = 0
  const owners = lineOwners({
    ...facts,
    lines: (oid) => {
      asked += 1
      if (asked > 100_000) throw new Error("it does not end")
      return facts.lines(oid)
    }
  }).ofCommit("c29", "f")
  expect(owners?.map(({ contributor }) => contributor.type)).toEqual(Array.from({ length: 30 }, () => "human"))
})
