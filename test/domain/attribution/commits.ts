/** Commits with attribution, made up for tests: a plain one, and generators of any. */
import * as fc from "fast-check"
import type {
  AttributedCommit,
  AttributedFile,
  AttributedRange,
  Contributor,
  UnknownReason
} from "../../../src/domain/attribution/Attribution.ts"

export const opus = "anthropic/claude-opus-5-5"
export const gpt = "openai/gpt-5.2"

/** A range of an agent's lines, directly proved. */
export const ai = (start: number, end: number, fields: Partial<AttributedRange> = {}): AttributedRange => ({
  start,
  end,
  contributor: { type: "ai", model_id: opus },
  session: "claude:601ddb06-1111-4222-8333-944444444444",
  event: 12,
  evidence: "direct",
  ...fields
})

export const human = (start: number, end: number, fields: Partial<AttributedRange> = {}): AttributedRange => ({
  start,
  end,
  contributor: { type: "human" },
  session: null,
  event: null,
  evidence: "replayed",
  ...fields
})

export const unknown = (start: number, end: number, reason: UnknownReason = "before-record"): AttributedRange => ({
  start,
  end,
  contributor: { type: "unknown" },
  session: null,
  event: null,
  evidence: null,
  reason
})

export const file = (
  path: string,
  ranges: ReadonlyArray<AttributedRange>,
  fields: Partial<AttributedFile> = {}
): AttributedFile => ({
  path,
  from: null,
  ranges,
  deletions: [],
  ...fields
})

export const commit = (
  files: ReadonlyArray<AttributedFile>,
  fields: Partial<AttributedCommit> = {}
): AttributedCommit => {
  const ranges = files.flatMap((one) => one.ranges)
  const lines = (grades: ReadonlyArray<string | null>) =>
    ranges.filter(({ evidence }) => grades.includes(evidence)).reduce((sum, { start, end }) => sum + end - start + 1, 0)
  return {
    commit: "a".repeat(40),
    parents: ["b".repeat(40)],
    author: "Ada",
    authored: "2026-11-22T13:51:38.000Z",
    subject: "Say hello",
    files,
    completeness: {
      captured: lines(["direct", "replayed"]),
      inferred: lines(["rewritten", "recovered"]),
      missing: lines([null]),
      reasons: []
    },
    ...fields
  }
}

const contributors: fc.Arbitrary<Contributor & { readonly session: string | null }> = fc.oneof(
  fc.record({
    type: fc.constantFrom("ai" as const, "mixed" as const),
    model_id: fc.constantFrom(opus, gpt),
    session: fc.constantFrom("claude:one", "codex:two", "https://example.com/three")
  }),
  fc.record({ type: fc.constant("ai" as const), session: fc.constant("cursor:four") }),
  fc.constantFrom({ type: "human" as const, session: null }, { type: "unknown" as const, session: null })
)

/** Ranges in order that do not overlap, some of them neighbours. */
export const anyRanges: fc.Arbitrary<ReadonlyArray<AttributedRange>> = fc
  .array(
    fc.record({
      gap: fc.nat(2),
      lines: fc.integer({ min: 1, max: 4 }),
      who: contributors,
      event: fc.integer({ min: 1, max: 9 }),
      evidence: fc.constantFrom("direct" as const, "recovered" as const)
    }),
    { maxLength: 8 }
  )
  .map((parts) => {
    let last = 0
    return parts.map(({ gap, lines, who: { session, ...contributor }, event, evidence }) => {
      const start = last + gap + 1
      last = start + lines - 1
      const found = contributor.type === "human" || contributor.type === "unknown" ? null : event
      return {
        start,
        end: last,
        contributor,
        session,
        event: found,
        evidence: contributor.type === "unknown" ? null : evidence
      }
    })
  })

/** Paths as git allows them: any characters but NUL. */
export const anyPath = fc
  .oneof(
    fc.constantFrom(
      "src/a.ts",
      "a b.txt",
      '"quoted"',
      "---",
      " leading",
      "trailing ",
      "ünï.md",
      'half"',
      "  two",
      "a\tb",
      "{}"
    ),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  )
  .filter((path) => !path.includes("\0"))

export const anyCommit: fc.Arbitrary<AttributedCommit> = fc
  .uniqueArray(fc.record({ path: anyPath, ranges: anyRanges }), { maxLength: 4, selector: ({ path }) => path })
  .map((files) => commit(files.map(({ path, ranges }) => file(path, ranges))))
