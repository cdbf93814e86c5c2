import { readdirSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { type Grounds, recall, remember } from "../../../src/app/trace/AnswerCache.ts"
import type { BlamedFile, BlamedLine } from "../../../src/domain/attribution/Attribution.ts"
import { scratch } from "../../support/log.ts"

const grounds: Grounds = {
  version: "1",
  checkout: "/project",
  path: "f.ts",
  head: "h",
  repository: "r",
  index: "i",
  bytes: Buffer.from("one()\ntwo()\n")
}

const answer = (...commits: ReadonlyArray<string | null>): BlamedFile => ({
  file: "f.ts",
  revision: "worktree",
  lines: commits.map((commit, index): BlamedLine => ({
    line: index + 1,
    text: ["one()", "two()"][index] ?? "",
    commit,
    author: null,
    contributor: { type: "human" },
    session: null,
    event: null,
    evidence: "replayed"
  }))
})

it("a kept answer is given for what it rests on, and nothing else", () => {
  using folder = scratch()
  const committed = answer("c1", "c2")
  remember(folder.path, grounds, committed)
  expect(recall(folder.path, grounds)).toEqual(committed)
  for (const name of ["version", "checkout", "path", "head", "repository"] as const)
    expect(recall(folder.path, { ...grounds, [name]: "another" })).toBeUndefined()
  expect(recall(folder.path, { ...grounds, bytes: Buffer.from("one()\ntwo();\n") })).toBeUndefined()
  expect(readdirSync(join(folder.path, "cache/blame"))).toHaveLength(1)
})

it("the index matters where lines are in no commit: a rename is known there alone", () => {
  using folder = scratch()
  const [staged, committed] = [{ ...grounds, index: "another" }, answer("c1", "c2")]
  remember(folder.path, grounds, committed)
  expect(recall(folder.path, staged)).toEqual(committed)
  remember(folder.path, grounds, answer("c1", null))
  expect(recall(folder.path, grounds)).toEqual(answer("c1", null))
  expect(recall(folder.path, staged)).toBeUndefined()
})
