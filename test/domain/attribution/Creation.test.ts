/** In which order commits came to be, when git's seconds don't tell. */
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { bySequence, creationsOf } from "../../../src/domain/attribution/Creation.ts"
import type { CommitFact, Move } from "../../../src/domain/attribution/Facts.ts"

const commit = (id: string, committed: number, ...parents: ReadonlyArray<string>): CommitFact => ({
  commit: id,
  parents,
  authorKey: "ada",
  authored: committed,
  committed,
  reverts: null,
  pickedFrom: null
})

const made = (from: string, to: string, at: number, checkout = "/"): Move => ({
  checkout,
  from,
  to,
  verb: "commit",
  at
})

const sorted = (all: ReadonlyArray<CommitFact>, moves: ReadonlyArray<Move>, given: ReadonlyArray<string>) => {
  const commits = new Map(all.map((one) => [one.commit, one]))
  return given.toSorted(bySequence(commits, creationsOf(moves, commits).made))
}

/** Every order in which the log may have seen these. */
const anyOrder = (ids: ReadonlyArray<string>) => fc.shuffledSubarray([...ids], { minLength: ids.length })

test("branches of one second are in the order of the reflog, whatever else is earlier or later", () => {
  const all = [
    commit("old", 1000),
    commit("main", 2000, "old"),
    commit("topic", 2000, "old"),
    commit("squashed", 2000, "main"),
    commit("picked", 2000, "squashed"),
    commit("new", 3000, "topic")
  ]
  const ids = all.map(({ commit: id }) => id)
  const moves = [
    made("old", "main", 2000),
    made("old", "topic", 2000),
    made("main", "squashed", 2000),
    made("squashed", "picked", 2000)
  ]
  fc.assert(
    fc.property(anyOrder(ids), (given) => {
      expect(sorted(all, moves, given)).toEqual(ids)
    })
  )
})

test("a commit comes after what it is built on, though another checkout's reflog was read first, or none tells of it", () => {
  const all = [
    commit("base", 1000),
    commit("here", 1000, "base"),
    commit("there", 1000, "here"),
    commit("fetched", 1000, "there")
  ]
  const ids = all.map(({ commit: id }) => id)
  const moves = [made("here", "there", 1000, "/tree"), made("", "base", 1000), made("base", "here", 1000)]
  fc.assert(
    fc.property(anyOrder(ids), (given) => {
      expect(sorted(all, moves, given)).toEqual(ids)
    })
  )
})

test("a long history of one second takes no stack", () => {
  const all = Array.from({ length: 50_000 }, (_, index) =>
    commit(`c${index}`, 1000, ...(index === 0 ? [] : [`c${index - 1}`]))
  )
  expect(sorted(all, [], ["c49999", "c0", "c25000"])).toEqual(["c0", "c25000", "c49999"])
})
