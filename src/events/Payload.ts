/** Payloads on their way into the log: checked against their type, and written as JSON. */
import * as Schema from "effect/Schema"
import { eventType } from "./Catalogue.ts"
import { EventRefused } from "./LogErrors.ts"

interface Encoder {
  readonly version: number
  readonly encode: (payload: unknown) => string
}

const encoders = new Map<string, Encoder>()

/** How payloads of a type are written. Thrown, by it and by `encode`: EventRefused. */
export const encoderOf = (name: string): Encoder => {
  let encoder = encoders.get(name)
  if (encoder === undefined) {
    encoder = make(name)
    encoders.set(name, encoder)
  }
  return encoder
}

const make = (name: string): Encoder => {
  const type = eventType(name)
  if (type === undefined) throw new EventRefused({ type: name, reason: "there is no such type in the catalogue" })
  const { schema, budget, version } = type
  const isValid = Schema.is(schema)
  return {
    version,
    encode: (payload) => {
      if (!isValid(payload)) {
        const problem = Schema.decodeUnknownEither(schema)(payload)
        throw new EventRefused({
          type: name,
          reason: problem._tag === "Left" ? problem.left.message : "it is malformed"
        })
      }
      const text = JSON.stringify(payload)
      // A character takes three bytes at the most, so most payloads need no counting.
      if (text.length * 3 > budget && Buffer.byteLength(text) > budget) {
        throw new EventRefused({
          type: name,
          reason: `${Buffer.byteLength(text)} bytes are over its budget of ${budget}`
        })
      }
      return text
    }
  }
}
