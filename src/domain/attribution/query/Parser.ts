/**
 * The grammar of the query language (docs/query.md), by recursive descent: `or` binds weakest, then `and`, then `not`.
 *
 *     or        = and { "or" and }
 *     and       = not { "and" not }
 *     not       = "not" not | "(" or ")" | condition
 *     condition = FIELD OPERATOR value | FIELD [ "not" ] "in" "(" value { "," value } ")"
 *               | [ FIELD ] "between" value "and" value | ( "since" | "until" ) value | "touched_by" value | FLAG
 */
import * as Either from "effect/Either"
import { timeExamples } from "../../Moment.ts"
import { type Condition, everything, type Expression, keywords, type Operator } from "./Expression.ts"
import { aliases, type Field, type FieldKind, fields, type Flag, flags, type Value } from "./Fields.ts"
import { type Token, tokensOf } from "./Lexer.ts"
import { isGlob } from "./Match.ts"
import { QueryWrong } from "./QueryWrong.ts"
import { spanOf } from "./Scale.ts"

/** How far parentheses and `not` may nest: more is a mistake, and would exhaust the stack. */
const deepest = 100

/** An empty expression is true of everything. */
export const parse = (text: string): Either.Either<Expression, QueryWrong> =>
  Either.try({
    try: () => parser(text).whole(),
    catch: (failure) => {
      if (failure instanceof QueryWrong) return failure
      throw failure
    }
  })

const parser = (expression: string) => {
  const tokens = tokensOf(expression)
  let at = 0
  let depth = 0

  const wrong = (token: Token, problem: string, word?: string, known?: ReadonlyArray<string>): QueryWrong =>
    new QueryWrong({
      problem,
      expression,
      column: token.column,
      ...(word === undefined ? {} : { word }),
      ...(known === undefined ? {} : { known })
    })
  // The end is never passed, so there always is a token.
  const peek = (): Token => tokens[at] as Token
  const next = (): Token => {
    const token = peek()
    if (token.kind !== "end") at += 1
    return token
  }
  const take = (...texts: ReadonlyArray<string>): Token | undefined => {
    const { kind, text } = peek()
    return (kind === "word" || kind === "sign") && texts.includes(text.toLowerCase()) ? next() : undefined
  }
  const expect = (text: string, where: string): Token => {
    const token = take(text)
    if (token === undefined) throw wrong(peek(), `${where} comes ${text}, not ${shown(peek())}.`)
    return token
  }

  const whole = (): Expression => {
    if (peek().kind === "end") return everything
    const found = either()
    const { kind, text } = peek()
    if (kind === "end") return found
    throw wrong(
      peek(),
      text === ")" ? "no parenthesis is open here." : `here comes and, or, or the end, not ${shown(peek())}.`
    )
  }

  const several = (kind: "and" | "or", part: () => Expression): Expression => {
    const first = part()
    const parts = [first]
    while (take(kind)) parts.push(part())
    return parts.length === 1 ? first : { kind, parts }
  }
  const either = (): Expression => several("or", both)
  const both = (): Expression => several("and", negation)

  const negation = (): Expression => {
    const opening = take("not", "(")
    if (opening === undefined) return condition()
    depth += 1
    if (depth > deepest) throw wrong(opening, `parentheses and not go deeper than ${deepest} here.`)
    const part = opening.text === "(" ? either() : negation()
    depth -= 1
    if (opening.text !== "(") return { kind: "not", part }
    expect(")", "at the end of a group")
    return part
  }

  const condition = (): Expression => {
    const subject = next()
    const name = subject.text.toLowerCase()
    if (subject.kind !== "word") throw wrong(subject, `here comes a condition, not ${shown(subject)}.`)
    if (name === "since") return compared("time", ">=", subject)
    if (name === "until") return compared("time", "<", subject)
    if (name === "between") return within("time", subject)
    if (isFlag(name)) return { kind: "flag", flag: name }
    const field = aliases[name] ?? name
    if (!isField(field)) throw wrong(subject, `there is no field ${JSON.stringify(subject.text)}.`, name, names)
    if (fields[field].kind === "people") return compared(field, "~", subject)
    const sign = next()
    const operator = sign.text.toLowerCase()
    const operators = operatorsOf(field)
    if (sign.kind === "word" && operators.includes(operator)) {
      if (operator === "between") return within(field, sign)
      if (operator === "in") return among(field, "=", sign)
      if (take("in")) return among(field, "!=", sign)
    }
    if (sign.kind !== "sign" || !operators.includes(operator))
      throw wrong(sign, `after ${subject.text} comes ${listed(operators)}, not ${shown(sign)}.`)
    return compared(field, operator as Operator, sign)
  }

  const compared = (field: Field, operator: Operator, after: Token): Condition => ({
    kind: "condition",
    field,
    operator,
    values: [value(field, operator, after)]
  })

  const within = (field: Field, after: Token): Expression => {
    const from = compared(field, ">=", after)
    return { kind: "and", parts: [from, compared(field, "<=", expect("and", "after the first value of between"))] }
  }

  const among = (field: Field, operator: "=" | "!=", after: Token): Condition => {
    let sign = expect("(", `after ${after.text}`)
    const values: Array<Value> = []
    do {
      values.push(value(field, operator, sign))
      sign = take(",") ?? expect(")", "after the values")
    } while (sign.text === ",")
    return { kind: "condition", field, operator, values }
  }

  const value = (field: Field, operator: Operator, after: Token): Value => {
    const token = next()
    const { kind, text } = token
    if (kind === "end" || kind === "sign" || (kind === "word" && keywords.includes(text.toLowerCase())))
      throw wrong(token, `after ${after.text} comes a value, not ${shown(token)}.`)
    if (kind === "pattern") return regular(token, operator)
    const spec: FieldKind = fields[field]
    if (spec.kind === "text" || spec.kind === "people") {
      if (operator.endsWith("~") && !isGlob(text)) throw wrong(token, "this is too long for a glob.")
      return text
    }
    const word = spec.kind === "choice" ? text.toLowerCase() : text
    if (spanOf(spec, word, 0) !== undefined) return word
    if (spec.kind === "choice") throw wrong(token, `${field} is never ${JSON.stringify(text)}.`, word, spec.choices)
    throw wrong(token, `${JSON.stringify(text)} is no ${spec.kind === "time" ? `time. ${timeExamples}` : "number."}`)
  }

  const regular = (token: Token, operator: Operator): Value => {
    const { text: source, flags } = token
    if (!operator.endsWith("~")) throw wrong(token, `a /pattern/ goes with ~ and !~, not with ${operator}.`)
    if (/[^imsu]/.test(flags)) throw wrong(token, "the flags of a /pattern/ are i, m, s and u.")
    try {
      new RegExp(source, flags)
    } catch {
      throw wrong(token, "this is no regular expression.")
    }
    return { source, flags }
  }

  return { whole }
}

const names: ReadonlyArray<string> = [
  ...Object.keys(fields),
  ...Object.keys(aliases),
  ...flags,
  "since",
  "until",
  "between"
]
const isField = (name: string): name is Field => Object.hasOwn(fields, name)
const isFlag = (name: string): name is Flag => flags.some((flag) => flag === name)

const operatorsOf = (field: Field): ReadonlyArray<string> => {
  const spec: FieldKind = fields[field]
  if (spec.kind === "text") return ["=", "!=", "~", "!~", "in", "not"]
  const ordered = spec.kind !== "choice" || spec.ordered ? ["<", "<=", ">", ">=", "between"] : []
  return ["=", "!=", ...ordered, "in", "not"]
}

const listed = (operators: ReadonlyArray<string>): string => `${operators.slice(0, -2).join(", ")}, in or not in`

const shown = ({ kind, text }: Token): string => (kind === "end" ? "the end" : JSON.stringify(text.slice(0, 40)))
