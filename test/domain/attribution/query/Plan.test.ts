/** Which rows an expression is true of, and what it asks a source of rows for. */
import * as Either from "effect/Either"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parse } from "../../../../src/domain/attribution/query/Parser.ts"
import { planOf } from "../../../../src/domain/attribution/query/Plan.ts"
import { factsOf, type QueryRow } from "../../../../src/domain/attribution/query/Row.ts"
import { expressions, human, now, row, rows, unknown } from "./expressions.ts"

const plan = (text: string) => planOf(Either.getOrThrow(parse(text)), now)
const holds = (text: string, of: QueryRow = row()) => plan(text).matches(of)

/** Those of the expressions that are true of a row. */
const trueOf = (of: QueryRow, texts: ReadonlyArray<string>) => texts.filter((text) => holds(text, of))

const all = (texts: ReadonlyArray<string>, of: QueryRow = row()) => expect(trueOf(of, texts)).toEqual(texts)
const none = (texts: ReadonlyArray<string>, of: QueryRow = row()) => expect(trueOf(of, texts)).toEqual([])

describe("a path", () => {
  it("is compared as it is on disk", () => {
    all([
      "path = src/app/Login.ts",
      "path = src/",
      "path ~ src/**",
      "path ~ src/*/L*",
      'path ~ "src/{app,cli}/**"',
      "path ~ /login/i"
    ])
    none([
      "path = src/app/login.ts",
      "path = Login.ts",
      "path = src",
      "path ~ src/*",
      "path ~ SRC/**",
      "path ~ /login/"
    ])
  })

  it("matches a glob without a slash by its last part", () => {
    all(["path ~ *.ts", "path ~ Login.*", "path !~ *.md"])
    none(["path ~ src"])
    all(["path ~ .env*", 'path ~ "*"'], row({ file: "config/.env.local" }))
  })

  it("may have signs of globs in it", () => {
    const odd = row({ file: 'app/[id]/say "hi".ts' })
    all(['path = "app/[id]/say \\"hi\\".ts"', String.raw`path ~ "app/\[id\]/*"`, 'path ~ "**/say \\"hi\\".ts"'], odd)
    all(["path !~ '!src/**'"])
  })
})

describe("a model", () => {
  it("is named with or without who makes it, in any case", () => {
    all([
      "model = claude-opus-4-5",
      "model = Anthropic/Claude-Opus-4-5",
      "model ~ claude-*",
      "model ~ anthropic/*",
      "model ~ *opus*"
    ])
    none(["model = claude", "model ~ opus*", "model ~ openai/*", "model !~ claude-*"])
  })
})

describe("an id", () => {
  it("may be cut short", () => {
    all([
      "session = 601ddb06",
      "session = claude:601d",
      "commit = 1234567",
      "commit = 1234567890ABCDEF",
      "session ~ 601*0001"
    ])
    none(["session = 0001", 'session = ""', "commit = 4567", 'commit = ""', "session ~ 601"])
  })
})

describe("text", () => {
  const asked = row({ prompt: "Fix the login/logout\nof guests" })
  it("is compared in any case, and a star is anything", () => {
    all(
      ["prompt ~ *LOGIN*guests", "prompt ~ /^of/m", "author = ada", "tool in (edit, write)", "agent != cursor"],
      asked
    )
    none(["prompt ~ login", "prompt ~ ''", "prompt = fix", "tool not in (edit, write)"], asked)
  })
})

describe("evidence", () => {
  it("is ordered from recovered to direct, and unknown text has none", () => {
    all(["evidence >= rewritten", "evidence > recovered", "evidence = direct", "evidence between replayed and direct"])
    all(["evidence < direct", "evidence <= replayed", "evidence >= replayed"], human)
    none(["evidence >= recovered", "evidence <= direct", "evidence = direct"], unknown)
    all(["evidence != direct", "reason = contested", "not evidence >= recovered"], unknown)
  })
})

describe("numbers and times", () => {
  it("count", () => {
    all(["lines = 10", "lines >= 10", "lines between 1 and 10", "event > 119", "event in (1, 120)"])
    none(["lines < 10", "lines > 10", "event <= 119", "event != 120"])
  })

  it("of a date are its whole day, by the local calendar", () => {
    const noon = row({ time: new Date(2026, 10, 20, 12).getTime() })
    all(
      [
        "time = 2026-11-20",
        "time >= 2026-11-20",
        "time <= 2026-11-20",
        "since 2026-11-20",
        "between 2026-11-19 and 2026-11-20"
      ],
      noon
    )
    none(["time > 2026-11-20", "time < 2026-11-20", "until 2026-11-20", "time != 2026-11-20"], noon)
    all(["time > 2026-11-19", "until 2026-11-21"], noon)
  })

  it("are counted back from now", () => {
    all(["since 7d", "since 2026-11-20T12:00:00Z", "until 4d", "time <= 2026-11-20T12:00:00Z"])
    none(["since 4d", "until 2026-11-20T12:00:00Z", "until 7d"])
  })

  it("that there are not are neither before nor after anything", () => {
    none(["since 2000-01-01", "until 1d", "event >= 0"], unknown)
    all(["not since 2000-01-01", "time != 2026-11-20"], unknown)
  })
})

describe("touched_by", () => {
  const edited = row({
    attribution: {
      columns: [
        { start: 1, end: 4, contributor: { type: "human" }, session: null, event: null, evidence: "replayed" },
        {
          start: 5,
          end: 9,
          contributor: { type: "ai", model_id: "openai/gpt-5.5" },
          session: "codex:1",
          event: 7,
          evidence: "direct"
        }
      ]
    }
  })
  it("is everybody who wrote a part of the line", () => {
    all(["touched_by ai", "touched_by claude-*", "not touched_by human", "not touched_by gpt-*"])
    all(["touched_by human", "touched_by GPT-*", "touched_by /^openai/", "touched_by claude-opus-4-5"], edited)
    all(["touched_by human", "not touched_by ai", "not touched_by *"], human)
    all(["touched_by human", "touched_by ai"], row({ attribution: { contributor: { type: "mixed" } } }))
    const movedBy = { event: null, commit: null, contributor: "human", from: "src/b.ts" } as const
    all(["moved", "touched_by human"], row({ attribution: { movedBy } }))
  })

  it("is neither true nor false where nobody can say", () => {
    none(["touched_by human", "not touched_by human", "touched_by ai", "not touched_by claude-*"], unknown)
    none(["touched_by gpt-*", "not touched_by gpt-*"], row({ attribution: { contributor: { type: "ai" } } }))
    all(["touched_by human or contributor = unknown"], unknown)
  })
})

describe("notes", () => {
  it("are told apart", () => {
    none(["moved", "copied", "transformed", "deleted"])
    all(["copied and not moved"], row({ attribution: { copiedFrom: "src/b.ts" } }))
    all(["transformed"], row({ attribution: { transformedBy: { event: 3, commit: null, tool: "prettier" } } }))
    all(["deleted"], row({ deleted: true }))
  })
})

describe("a plan", () => {
  it("chooses by what must hold in every match", () => {
    const asked = plan('model ~ "claude-*" and (path ~ "src/**" or path = docs/) and since 7d and not touched_by human')
    expect(["claude-opus-4-5", "openai/gpt-5.5", null].map((model) => asked.admits({ model }))).toEqual([
      true,
      false,
      false
    ])
    expect(["src/a.ts", "docs/a.md", "test/a.ts"].map((path) => asked.admits({ path }))).toEqual([true, true, false])
    expect(asked.admits({ session: "claude:1" })).toBe(true)
    expect([asked.from, asked.before]).toEqual([now - 7 * 86_400_000, undefined])
    expect([asked.asks("path"), asked.asks("touched_by"), asked.asks("prompt")]).toEqual([true, true, false])
    expect(plan("contributor in (ai, mixed) and not contributor = mixed").contributors).toEqual(["ai"])
  })

  it("never leaves out what matches", () => {
    fc.assert(
      fc.property(expressions, rows, fc.func(fc.boolean()), (expression, of, isKnown) => {
        const { matches, admits, contributors, from, before } = planOf(expression, now)
        if (!matches(of)) return
        const known = Object.fromEntries(Object.entries(factsOf(of)).filter(([name]) => isKnown(name)))
        expect(admits(known)).toBe(true)
        expect(contributors).toContain(of.attribution.contributor.type)
        if (from !== undefined) expect(of.time).toBeGreaterThanOrEqual(from)
        if (before !== undefined) expect(of.time).toBeLessThan(before)
      }),
      { numRuns: 1000 }
    )
  })

  it("follows the laws of and, or and not", () => {
    fc.assert(
      fc.property(expressions, expressions, rows, (a, b, of) => {
        const is = (...parts: Parameters<typeof planOf>) => planOf(...parts).matches(of)
        const [first, second] = [is(a, now), is(b, now)]
        expect(is({ kind: "and", parts: [a, b] }, now)).toBe(first && second)
        expect(is({ kind: "or", parts: [a, b] }, now)).toBe(first || second)
        expect(first && is({ kind: "not", part: a }, now)).toBe(false)
        expect(is({ kind: "not", part: { kind: "not", part: a } }, now)).toBe(first)
      })
    )
  })
})
