/** The kinds of values that settings have: how each is written, what it means, and what is allowed. */
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { millisecondsOf, timeText } from "./Times.ts"

export interface Kind<A> {
  /** From what is written, in JSON, to what the program uses. */
  readonly schema: Schema.Schema.Any
  /** None for what is not allowed. */
  readonly decode: (written: unknown) => Option.Option<A>
  readonly encode: (value: A) => unknown
  /** What is allowed, as the end of a sentence that begins with "is". */
  readonly allowed: string
}

/** Parsers are made when they are first used: hooks read configurations, and most hold little. */
const kind = <A, I>(schema: Schema.Schema<A, I>, allowed: string): Kind<A> => ({
  schema,
  decode: (written) => Schema.decodeUnknownOption(schema)(written),
  encode: (value) => Schema.encodeSync(schema)(value),
  allowed
})

/** One of some words. */
export const choice = <const Words extends readonly [string, string, ...ReadonlyArray<string>]>(
  ...words: Words
): Kind<Words[number]> => {
  const quoted = words.map((word) => JSON.stringify(word))
  return kind(Schema.Literal(...words), `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`)
}

export const truth: Kind<boolean> = kind(Schema.Boolean, "true or false")

const whole = (least: number, most: number) => Schema.Number.pipe(Schema.int(), Schema.between(least, most))

export const number = (least: number, most: number): Kind<number> =>
  kind(whole(least, most), `a whole number from ${least} to ${most}`)

/** Null: any number. */
export const numberOrAny = (least: number, most: number): Kind<number | null> =>
  kind(Schema.NullOr(whole(least, most)), `a whole number from ${least} to ${most}, or null for any number`)

/** Null: never. */
export const numberOrNever = (least: number, most: number): Kind<number | null> =>
  kind(Schema.NullOr(whole(least, most)), `a whole number from ${least} to ${most}, or null for never`)

const span = (least: number, most: number) =>
  Schema.transform(
    Schema.String.pipe(Schema.pattern(/^\d{1,5}[smh]$/)),
    Schema.Number.pipe(Schema.between(least, most)),
    { strict: true, decode: (text) => millisecondsOf(text) ?? Number.NaN, encode: timeText }
  )

/** Milliseconds in the program, "15m" as it is written. */
export const time = (least: number, most: number): Kind<number> =>
  kind(span(least, most), `a time such as "90s", "15m" or "2h", from ${timeText(least)} to ${timeText(most)}`)

/** Null: never. */
export const timeOrNever = (least: number, most: number): Kind<number | null> =>
  kind(
    Schema.NullOr(span(least, most)),
    `a time such as "90s", "15m" or "2h", from ${timeText(least)} to ${timeText(most)}, or null for never`
  )

/** Null: all of them. */
export const namesOrAll: Kind<ReadonlyArray<string> | null> = kind(
  Schema.NullOr(Schema.Array(Schema.String.pipe(Schema.pattern(/^[a-z][a-z0-9-]{0,31}$/)))),
  'a list of names (small letters, digits and "-"), or null for all'
)

/**
 * What a text may stand for where no JSON can be expected, in the order in which they are tried: the list in JSON that it is,
 * itself, other JSON, a list of words with commas between them.
 */
export const readings = (text: string): ReadonlyArray<unknown> => {
  const list = text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "")
  try {
    const json: unknown = JSON.parse(text)
    return Array.isArray(json) ? [json] : [text, json, list]
  } catch {
    return [text, list]
  }
}
