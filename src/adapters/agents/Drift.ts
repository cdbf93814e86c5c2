/** Telling what this version does not know of a client's payloads, so that `nexus doctor` can name it. */
import type { JsonObject, Reading } from "../../app/ports/Agent.ts"
import type { Reader } from "./Payload.ts"
import { short } from "./Wording.ts"

export interface KnownFields {
  readonly isKnown: (hook: string) => boolean
  readonly drift: (hook: string, reader: Reader) => Reading["drift"]
}

/** A payload of arbitrary fields is not named field by field. */
const mostFields = 20

/** `common`: fields of every hook; `extra`: those of each hook beside them. Names are separated by spaces. */
export const knownFields = (common: string, extra: Readonly<Record<string, string>>): KnownFields => {
  const known = new Map(
    Object.entries(extra).map(([hook, fields]) => [hook, new Set(`${common} ${fields}`.split(" ").filter(Boolean))])
  )
  const unknown = (hook: string, payload: JsonObject): ReadonlyArray<string> => {
    const fields = known.get(hook)
    return fields === undefined ? [] : Object.keys(payload).filter((field) => !fields.has(field))
  }
  return {
    isKnown: (hook) => known.has(hook),
    drift: (hook, reader) => {
      if (!known.has(hook)) return [{ hook, field: "", problem: "unknown hook" }]
      const named = (problem: "unknown field" | "unexpected type") => (field: string) => ({
        hook,
        field: short(field, 128),
        problem
      })
      return [
        ...unknown(hook, reader.payload).slice(0, mostFields).map(named("unknown field")),
        ...[...reader.unexpected].map(named("unexpected type"))
      ]
    }
  }
}
