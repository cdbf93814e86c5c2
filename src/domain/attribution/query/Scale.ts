/** Values that are no text: places on a scale, on which a condition is true of one stretch. */
import { momentOf } from "../../Moment.ts"
import type { Operator } from "./Expression.ts"
import type { FieldKind, Value } from "./Fields.ts"

/** From `start` to before `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Where a value stands on its field's scale; undefined when it is none. `now`: milliseconds since 1970. */
export const spanOf = (kind: FieldKind, value: Value, now: number): Span | undefined => {
  if (typeof value !== "string") return undefined
  switch (kind.kind) {
    case "text":
    case "people":
      return undefined
    case "time":
      return momentOf(value, now)
    case "choice":
      return unit(kind.choices.indexOf(value))
    case "number":
      return unit(/^\d{1,15}$/.test(value) ? Number(value) : -1)
  }
}

const unit = (start: number): Span | undefined => (start < 0 ? undefined : { start, end: start + 1 })

/** Where the operator (none that begins with "!") is true of a value at `span`. */
export const reach = (operator: Operator, { start, end }: Span): Span => {
  switch (operator) {
    case "<":
      return { start: -Infinity, end: start }
    case "<=":
      return { start: -Infinity, end }
    case ">":
      return { start: end, end: Infinity }
    case ">=":
      return { start, end: Infinity }
    default:
      return { start, end }
  }
}
