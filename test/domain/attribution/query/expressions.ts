/** Expressions and rows of all kinds. */
import * as fc from "fast-check"
import type { Attribution } from "../../../../src/domain/attribution/Attribution.ts"
import type { Condition, Expression, Operator } from "../../../../src/domain/attribution/query/Expression.ts"
import {
  type Field,
  type FieldKind,
  fields,
  flags,
  type Value
} from "../../../../src/domain/attribution/query/Fields.ts"
import type { QueryRow } from "../../../../src/domain/attribution/query/Row.ts"

/** A Wednesday. */
export const now = Date.parse("2026-11-25T12:00:00Z")

const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("src/**", "claude-*", "a b", "not", "(", '"', "\\", "\\n", "/x/", "src/", "*", "human", "ai")
)
const patterns = fc.constantFrom<Value>(
  { source: "^a.*b$", flags: "" },
  { source: "\\/x [(]", flags: "i" },
  { source: "", flags: "" }
)
const times = fc.constantFrom("7d", "90s", "2026-11-01", "2026-11-01T13:30:00Z", "2026-11-01 13:30")

const valuesOf = (kind: FieldKind, operator: Operator): fc.Arbitrary<Value> => {
  if (kind.kind === "choice") return fc.constantFrom(...kind.choices)
  if (kind.kind === "number") return fc.nat(300).map(String)
  if (kind.kind === "time") return times
  return operator.endsWith("~") ? fc.oneof(texts, patterns) : texts
}

const operatorsOf = (kind: FieldKind): ReadonlyArray<Operator> => {
  if (kind.kind === "people") return ["~"]
  if (kind.kind === "text") return ["=", "!=", "~", "!~"]
  if (kind.kind === "choice" && !kind.ordered) return ["=", "!="]
  return ["=", "!=", "<", "<=", ">", ">="]
}

const condition: fc.Arbitrary<Condition> = fc
  .constantFrom(...(Object.keys(fields) as Array<Field>))
  .chain((field) => fc.tuple(fc.constant(field), fc.constantFrom(...operatorsOf(fields[field]))))
  .chain(([field, operator]) => {
    const maxLength = operator === "=" || operator === "!=" ? 3 : 1
    const values = fc.array(valuesOf(fields[field], operator), { minLength: 1, maxLength })
    return fc.record({
      kind: fc.constant("condition" as const),
      field: fc.constant(field),
      operator: fc.constant(operator),
      values
    })
  })

/** Any expression but the empty one. */
export const expressions: fc.Arbitrary<Expression> = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    condition,
    fc.record({ kind: fc.constant("flag" as const), flag: fc.constantFrom(...flags) }),
    fc.record({ kind: fc.constant("not" as const), part: tie("expression") }),
    fc.record({
      kind: fc.constantFrom("and" as const, "or" as const),
      parts: fc.array(tie("expression"), { minLength: 2, maxLength: 3 })
    })
  )
})).expression

const contributors = fc.constantFrom<Attribution["contributor"]>(
  { type: "ai", model_id: "anthropic/claude-opus-4-5" },
  { type: "ai" },
  { type: "mixed", model_id: "openai/gpt-5.5" },
  { type: "human" },
  { type: "unknown" }
)
const credit = {
  contributor: contributors,
  session: fc.constantFrom(null, "claude:601ddb06", "codex:human"),
  event: fc.option(fc.nat(300)),
  evidence: fc.constantFrom("direct" as const, "replayed" as const, "rewritten" as const, "recovered" as const, null)
}

export const rows: fc.Arbitrary<QueryRow> = fc.record({
  file: fc.constantFrom("src/a.ts", "README.md", "src/deep/a b.ts", "src"),
  start: fc.integer({ min: 1, max: 5 }),
  end: fc.integer({ min: 5, max: 300 }),
  attribution: fc.record(
    {
      ...credit,
      columns: fc.array(fc.record({ ...credit, start: fc.constant(1), end: fc.constant(2) }), { maxLength: 2 }),
      reason: fc.constantFrom("contested" as const, "blind-call" as const),
      copiedFrom: fc.constant("src/b.ts"),
      movedBy: fc.constant({ event: 3, commit: null, contributor: "human" as const, from: "src/b.ts" })
    },
    { requiredKeys: ["contributor", "session", "event", "evidence"] }
  ),
  agent: fc.constantFrom(null, "claude", "codex"),
  tool: fc.constantFrom(null, "Edit", "Bash"),
  time: fc.option(fc.integer({ min: now - 40 * 86_400_000, max: now })),
  author: fc.constantFrom(null, "Ada"),
  commit: fc.constantFrom(null, "1234567890abcdef1234567890abcdef12345678"),
  prompt: fc.constantFrom("not", "Fix the login\nof a/b"),
  deleted: fc.boolean()
})

/** A row that says nothing unusual, but for `changes`. */
export const row = ({
  attribution,
  ...changes
}: Partial<Omit<QueryRow, "attribution">> & { readonly attribution?: Partial<Attribution> } = {}): QueryRow => ({
  file: "src/app/Login.ts",
  start: 10,
  end: 19,
  agent: "claude",
  tool: "Edit",
  time: Date.parse("2026-11-20T12:00:00Z"),
  author: "Ada",
  commit: "1234567890abcdef1234567890abcdef12345678",
  deleted: false,
  ...changes,
  attribution: {
    contributor: { type: "ai", model_id: "anthropic/claude-opus-4-5" },
    session: "claude:601ddb06-0001",
    event: 120,
    evidence: "direct",
    ...attribution
  }
})

export const human: QueryRow = row({
  agent: null,
  tool: null,
  attribution: { contributor: { type: "human" }, session: null, event: null, evidence: "replayed" }
})

export const unknown: QueryRow = row({
  agent: null,
  tool: null,
  time: null,
  attribution: { contributor: { type: "unknown" }, session: null, event: null, evidence: null, reason: "contested" }
})
