/** What an expression asks of a source of rows, so that it reads only what can match. */
import type { ContributorType } from "../Attribution.ts"
import { compile } from "./Evaluate.ts"
import { type Expression, mentions } from "./Expression.ts"
import { type Field, fields, type Flag } from "./Fields.ts"
import { factsOf, type QueryRow, type RowFacts } from "./Row.ts"
import { reach, type Span, spanOf } from "./Scale.ts"

export interface Plan {
  readonly matches: (row: QueryRow) => boolean
  /**
   * Whether a row of which only this is known could match: with the path alone it chooses files, with the model or the session
   * alone entries of an index. It may say yes of what does not match, never no of what does.
   */
  readonly admits: (known: Partial<RowFacts>) => boolean
  /** The only contributors of rows that match. */
  readonly contributors: ReadonlyArray<ContributorType>
  /** Rows that match have a time from `from` to before `before`, milliseconds since 1970. Undefined: no bound, or no time. */
  readonly from: number | undefined
  readonly before: number | undefined
  /** Whether the expression speaks of a field or flag: one that is dear to read may be left out of rows if not. */
  readonly asks: (name: Field | Flag) => boolean
}

/** `now`: what "7d" is counted from, in milliseconds since 1970. */
export const planOf = (expression: Expression, now: number): Plan => {
  const test = compile(expression, now)
  const admits: Plan["admits"] = (known) => test(known) !== false
  const { start: from, end: before } = boundsOf(expression, now)
  return {
    matches: (row) => test(factsOf(row)) === true,
    admits,
    contributors: (fields.contributor.choices as ReadonlyArray<ContributorType>).filter((contributor) =>
      admits({ contributor })
    ),
    from: Number.isFinite(from) ? from : undefined,
    before: Number.isFinite(before) ? before : undefined,
    asks: (name) => mentions(expression, name)
  }
}

/** What is without a time does not match a condition on it, but matches its `not`, which therefore bounds nothing. */
const boundsOf = (expression: Expression, now: number): Span => {
  switch (expression.kind) {
    case "and":
      return expression.parts
        .map((part) => boundsOf(part, now))
        .reduce((all, one) => ({ start: Math.max(all.start, one.start), end: Math.min(all.end, one.end) }), everywhen)
    case "or":
      return hull(expression.parts.map((part) => boundsOf(part, now)))
    case "condition": {
      const { field, operator, values } = expression
      if (field !== "time" || operator.startsWith("!")) return everywhen
      return hull(values.flatMap((value) => spanOf(fields.time, value, now) ?? []).map((span) => reach(operator, span)))
    }
    default:
      return everywhen
  }
}

const everywhen: Span = { start: -Infinity, end: Infinity }

const hull = (spans: ReadonlyArray<Span>): Span => ({
  start: Math.min(...spans.map(({ start }) => start)),
  end: Math.max(...spans.map(({ end }) => end))
})
