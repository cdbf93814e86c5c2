import { describe, expect, it } from "vitest"
import { type JudgedCommit, judge, type Policy } from "../../../src/domain/attribution/Policy.ts"
import { ai, commit, file, gpt, human, opus, unknown } from "./commits.ts"

const judged = (files: Parameters<typeof commit>[0], trailers: ReadonlyArray<string> = [], id = "a"): JudgedCommit => ({
  ...commit(files, { commit: id.repeat(40) }),
  trailers
})

const verdicts = (policy: Policy, ...commits: ReadonlyArray<JudgedCommit>) => judge(policy, commits)
const verdict = (policy: Policy, ...commits: ReadonlyArray<JudgedCommit>) => {
  const [only, ...others] = verdicts(policy, ...commits)
  expect(others).toStrictEqual([])
  return only
}

/** 60 AI lines, 30 of a person, 10 unknown, over two files. */
const hundred = judged([
  file("src/a.ts", [ai(1, 60), human(61, 80)]),
  file("docs/b.md", [human(1, 10), unknown(11, 20)])
])

describe("The share of AI lines", () => {
  it("may be as large as the limit, and not larger", () => {
    expect(verdict({ maxAiShare: 0.6 }, hundred)).toStrictEqual({
      rule: "maxAiShare",
      ok: true,
      message: "60 of 100 lines (60 %) are AI or mixed; at most 60 % may be",
      offenders: []
    })
    expect(verdict({ maxAiShare: 0.59 }, hundred)).toStrictEqual({
      rule: "maxAiShare",
      ok: false,
      message: "60 of 100 lines (60 %) are AI or mixed; at most 59 % may be",
      offenders: [{ commit: "a".repeat(40), path: "src/a.ts", lines: 60 }]
    })
  })

  it("is exact where the limit is no binary fraction", () => {
    expect(verdict({ maxAiShare: 0.29 }, judged([file("a", [ai(1, 29), human(30, 100)])]))?.ok).toBe(true)
  })

  it("counts mixed lines as AI's", () => {
    const mixed = ai(1, 1, { contributor: { type: "mixed", model_id: opus } })
    expect(verdict({ maxAiShare: 0 }, judged([file("a", [mixed])]))?.ok).toBe(false)
  })

  it("has a limit for each part of the tree", () => {
    expect(
      verdicts({ maxAiShare: { "src/**": 0.5, "docs/**": 0, "none/**": 0 } }, hundred).map(({ rule, ok, message }) => [
        rule,
        ok,
        message
      ])
    ).toStrictEqual([
      ['maxAiShare "src/**"', false, "60 of 80 lines (75 %) are AI or mixed; at most 50 % may be"],
      ['maxAiShare "docs/**"', true, "0 of 20 lines (0 %) are AI or mixed; at most 0 % may be"],
      ['maxAiShare "none/**"', true, "0 of 0 lines (0 %) are AI or mixed; at most 0 % may be"]
    ])
  })

  it("is of the files that the policy is about", () => {
    const lock = judged([file("package-lock.json", [ai(1, 900)]), file(".github/a.yml", [human(1, 1)])])
    const paths = { exclude: ["**/*-lock.json"] }
    expect(verdict({ paths, maxAiShare: 0.6 }, hundred, lock)?.message).toBe(
      "60 of 101 lines (59.41 %) are AI or mixed; at most 60 % may be"
    )
    expect(verdict({ paths: { include: ["docs/**"] }, maxAiShare: 0 }, hundred, lock)?.ok).toBe(true)
  })

  it("names the files with the most such lines first", () => {
    const second = judged([file("src/a.ts", [ai(1, 70)])], [], "c")
    expect(
      verdict({ maxAiShare: 0 }, hundred, second)?.offenders.map(({ commit: id, lines }) => [id[0], lines])
    ).toStrictEqual([
      ["c", 70],
      ["a", 60]
    ])
  })
})

it("The share of unknown lines has a limit", () => {
  expect(verdict({ maxUnknownShare: 0.1 }, hundred)?.ok).toBe(true)
  expect(verdict({ maxUnknownShare: 0.09 }, hundred)).toMatchObject({
    ok: false,
    message: "10 of 100 lines (10 %) are unknown; at most 9 % may be",
    offenders: [{ path: "docs/b.md", lines: 10 }]
  })
})

describe("Models", () => {
  const both = judged([
    file("a", [ai(1, 2), ai(3, 3, { contributor: { type: "ai", model_id: gpt } }), human(4, 4)]),
    file("b", [ai(1, 1, { contributor: { type: "ai" } })])
  ])

  it.each([
    [["openai/*"], 1],
    [["GPT-5*"], 1],
    [["claude-opus-*"], 2],
    [["anthropic/claude-opus-5-5"], 2],
    [["*"], 3],
    [["google/*", "gpt-4*"], 0]
  ])("that match %j may have written nothing, when those are forbidden", (forbiddenModels, lines) => {
    const found = verdict({ forbiddenModels }, both)
    expect(found?.ok).toBe(lines === 0)
    expect(found?.offenders.reduce((sum, one) => sum + one.lines, 0)).toBe(lines)
  })

  it("that are not allowed may have written nothing, and one that is not known is not allowed", () => {
    expect(verdict({ allowedModels: ["anthropic/*"] }, both)).toStrictEqual({
      rule: "allowedModels",
      ok: false,
      message: "2 lines are by models that are not allowed (one that is not known, openai/gpt-5.2)",
      offenders: [
        { commit: "a".repeat(40), path: "a", lines: 1 },
        { commit: "a".repeat(40), path: "b", lines: 1 }
      ]
    })
    expect(verdict({ allowedModels: [] }, judged([file("a", [human(1, 9)])]))?.ok).toBe(true)
  })
})

it("Evidence may not be weaker than required, for whoever is told to have written a line", () => {
  const weak = judged([
    file("a", [
      ai(1, 1),
      human(2, 2),
      human(3, 4, { evidence: "rewritten" }),
      ai(5, 7, { evidence: "recovered" }),
      unknown(8, 9)
    ])
  ])
  const lines = (minEvidence: NonNullable<Policy["minEvidence"]>) =>
    verdict({ minEvidence }, weak)?.offenders.reduce((sum, one) => sum + one.lines, 0)
  expect([lines("recovered"), lines("rewritten"), lines("replayed"), lines("direct")]).toStrictEqual([0, 3, 5, 6])
})

describe("Human review", () => {
  const review = (by: true | "other", ...trailers: ReadonlyArray<string>) =>
    verdict({ requireHumanReview: by }, judged([file("a", [ai(1, 3)])], trailers))

  it("is asked of commits with AI lines", () => {
    expect(review(true)).toMatchObject({
      ok: false,
      message: "3 lines are AI or mixed, in a commit without a trailer that a person reviewed them"
    })
    expect(verdict({ requireHumanReview: true }, judged([file("a", [human(1, 3)])]))?.ok).toBe(true)
  })

  it.each([
    "Reviewed-by: Grace <grace@localhost>",
    "approved-by: Grace",
    "Acked-by: Grace",
    "Signed-off-by: Ada <a@localhost>"
  ])("is proved by a trailer: %s", (trailer) => {
    expect(review(true, "Fixes: #1", trailer)?.ok).toBe(true)
  })

  it("by somebody other than the author is not proved by the author's own trailer", () => {
    expect(review("other", "Signed-off-by: Ada <a@localhost>")?.ok).toBe(false)
    expect(review("other", "Signed-off-by: Ada <a@localhost>", "Reviewed-by: Grace <g@localhost>")?.ok).toBe(true)
  })

  it.each([
    "Reviewed-by: Claude <noreply@localhost>",
    "Reviewed-by: renovate[bot] <b@localhost>",
    "Signed-off-by: GitHub Copilot"
  ])("is not proved by an agent's trailer: %s", (trailer) => {
    expect(review(true, trailer)?.ok).toBe(false)
  })

  it("is not proved by other trailers", () => {
    expect(review(true, "Co-authored-by: Grace", "Reviewed-by:", "Not-reviewed-by: Grace")?.ok).toBe(false)
  })
})

it("A policy without rules has nothing to say", () => {
  expect(verdicts({ paths: { include: ["src/**"] }, requireHumanReview: false }, hundred)).toStrictEqual([])
})
