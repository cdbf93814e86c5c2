/** An expression of the query language (docs/query.md), and how it is written. */
import { type Field, fields, type Flag, type Value } from "./Fields.ts"

export type Operator = "=" | "!=" | "~" | "!~" | "<" | "<=" | ">" | ">="

/** Several values only with "=" (one of them) and "!=" (none of them). */
export interface Condition {
  readonly kind: "condition"
  readonly field: Field
  readonly operator: Operator
  readonly values: ReadonlyArray<Value>
}

/** An `and` without parts is true of everything; it is a whole expression, never a part. Otherwise parts are two or more. */
export type Expression =
  | { readonly kind: "and" | "or"; readonly parts: ReadonlyArray<Expression> }
  | { readonly kind: "not"; readonly part: Expression }
  | { readonly kind: "flag"; readonly flag: Flag }
  | Condition

export const everything: Expression = { kind: "and", parts: [] }

/** All of them; those that are true of everything add nothing. */
export const allOf = (expressions: ReadonlyArray<Expression>): Expression => {
  const parts = expressions.filter((one) => one.kind !== "and" || one.parts.length > 0)
  const [only] = parts
  return parts.length === 1 && only !== undefined ? only : { kind: "and", parts }
}

/** Whether the expression speaks of a field or flag. */
export const mentions = (expression: Expression, name: Field | Flag): boolean => {
  switch (expression.kind) {
    case "and":
    case "or":
      return expression.parts.some((part) => mentions(part, name))
    case "not":
      return mentions(expression.part, name)
    case "flag":
      return expression.flag === name
    case "condition":
      return expression.field === name
  }
}

/** The words that are no values unless they are quoted. */
export const keywords: ReadonlyArray<string> = ["and", "or", "not", "in", "between", "since", "until"]

/** In the language itself: parsing it gives the same expression again. */
export const printed = (expression: Expression): string => {
  switch (expression.kind) {
    case "and":
    case "or":
      return expression.parts.map(grouped).join(` ${expression.kind} `)
    case "not":
      return `not ${grouped(expression.part)}`
    case "flag":
      return expression.flag
    case "condition":
      return printedCondition(expression)
  }
}

const grouped = (expression: Expression): string =>
  expression.kind === "and" || expression.kind === "or" ? `(${printed(expression)})` : printed(expression)

const printedCondition = ({ field, operator, values }: Condition): string => {
  const list = values.map(printedValue).join(", ")
  if (fields[field].kind === "people") return `${field} ${list}`
  if (values.length === 1) return `${field} ${operator} ${list}`
  return `${field} ${operator === "!=" ? "not in" : "in"} (${list})`
}

const printedValue = (value: Value): string => {
  if (typeof value !== "string") return `/${value.source}/${value.flags}`
  return /^[\w.*+:@?-][\w.*+:@?/-]*$/.test(value) && !keywords.includes(value.toLowerCase()) ? value : quoted(value)
}

const quoted = (text: string): string => {
  const escaped = text.replaceAll(/["\\]/g, (sign) => `\\${sign}`)
  return `"${escaped.replaceAll("\n", "\\n").replaceAll("\t", "\\t")}"`
}
