/**
 * Whether an expression is true of a row. What cannot be known is neither true nor false (Kleene's three values), so that the
 * same evaluation says of a row that is known in part whether it could match, which is how sources of rows choose what to read.
 */
import type { Contributor } from "../Attribution.ts"
import type { Condition, Expression, Operator } from "./Expression.ts"
import { type FieldKind, fields, type Value } from "./Fields.ts"
import { equalTo, like } from "./Match.ts"
import type { RowFacts } from "./Row.ts"
import { reach, spanOf } from "./Scale.ts"

/** Undefined: it cannot be known. */
type Truth = boolean | undefined

export type Test = (facts: Partial<RowFacts>) => Truth

/** `now`: what "7d" is counted from, in milliseconds since 1970. */
export const compile = (expression: Expression, now: number): Test => {
  switch (expression.kind) {
    case "and":
    case "or": {
      const tests = expression.parts.map((part) => compile(part, now))
      return expression.kind === "or"
        ? (facts) => some(tests, (test) => test(facts))
        : (facts) => not(some(tests, (test) => not(test(facts))))
    }
    case "not": {
      const test = compile(expression.part, now)
      return (facts) => not(test(facts))
    }
    case "flag":
      return (facts) => facts[expression.flag]
    case "condition":
      return compare(expression, now)
  }
}

const not = (truth: Truth): Truth => (truth === undefined ? undefined : !truth)

const some = <A>(all: ReadonlyArray<A>, isTrue: (one: A) => Truth): Truth => {
  let found: Truth = false
  for (const one of all) {
    const truth = isTrue(one)
    if (truth === true) return true
    if (truth === undefined) found = undefined
  }
  return found
}

/** What there is none of equals nothing, is like nothing, and is before and after nothing: only != and !~ are true of it. */
const compare = (condition: Condition, now: number): Test => {
  const { field, operator, values } = condition
  if (operator.startsWith("!")) {
    const test = compare({ ...condition, operator: operator === "!=" ? "=" : "~" }, now)
    return (facts) => not(test(facts))
  }
  if (field === "touched_by") return touchedBy(values[0] ?? "")
  const tests = values.map((value) => factTest(fields[field], operator, value, now))
  return ({ [field]: fact }) => (fact === undefined ? undefined : fact !== null && tests.some((test) => test(fact)))
}

type Fact = string | number

const factTest = (kind: FieldKind, operator: Operator, value: Value, now: number): ((fact: Fact) => boolean) => {
  if (kind.kind === "text") {
    const test = operator === "=" && typeof value === "string" ? equalTo(kind, value) : like(kind, value)
    return (fact) => test(String(fact))
  }
  const span = spanOf(kind, value, now)
  if (span === undefined) return () => false
  const { start, end } = reach(operator, span)
  const place = (fact: Fact) => (kind.kind === "choice" ? kind.choices.indexOf(String(fact)) : Number(fact))
  return (fact) => start <= place(fact) && place(fact) < end
}

/** "ai" and "human" are classes, anything else is a model. Of unknown text nobody can say who touched it. */
const touchedBy = (value: Value): Test => {
  const word = typeof value === "string" ? value.toLowerCase() : ""
  const isClass = word === "ai" || word === "human"
  const isModel = like(fields.model, value)
  const did = ({ type, model_id }: Contributor): Truth => {
    if (type === "unknown") return undefined
    if (isClass || type === "human") return type === word
    return model_id === undefined ? undefined : isModel(model_id)
  }
  return ({ touched_by: people }) => people && some(people, did)
}
