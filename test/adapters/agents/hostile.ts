/** What no client sends, and what must become of it. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { expect } from "vitest"
import type { Agent, JsonObject } from "../../../src/app/ports/Agent.ts"
import { eventType } from "../../../src/events/Catalogue.ts"

/** Why an event of this type and payload could not be recorded and read back as it is. */
export const problemOf = ({ type, payload: value }: { type: string; payload: unknown }): string | undefined => {
  const spec = eventType(type)
  if (spec === undefined) return `${type} is no type`
  if (!Schema.is(spec.schema)(value)) return `the payload is none of ${type}: ${JSON.stringify(value)}`
  const text = JSON.stringify(value)
  return Schema.is(spec.schema)(JSON.parse(text)) ? undefined : `JSON changes the payload of ${type}: ${text}`
}

/** Anything that JSON can hold, with the values that break things more often than others. */
export const json = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<any>,
  fc.constantFrom<any>(null, "", "\0", "\ud800", "__proto__", -0, -1, 1e308, 2 ** 53, [], {}, [null], [[]], {
    length: 9
  }),
  fc.constantFrom<any>("\u0001".repeat(5000), "é".repeat(5000), "🙂".repeat(5000), "x".repeat(100_000)),
  fc.string({ unit: "binary" })
)

/** Any JSON in place of any part of these payloads is read or refused, never thrown at; what is read can be recorded. */
export const withstands = (agent: Agent, payloads: ReadonlyArray<JsonObject>): void => {
  const path = fc.array(fc.nat(), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(fc.nat(payloads.length - 1), path, json, fc.boolean(), (at, steps, value, live) => {
      const one = structuredClone(payloads[at] ?? {}) as Record<string, any>
      let inside: any = one
      for (const [depth, step] of steps.entries()) {
        const keys = Object.keys(inside)
        const key = keys[step % (keys.length || 1)]
        if (key === undefined) break
        if (depth === steps.length - 1 || typeof inside[key] !== "object" || inside[key] === null) {
          inside[key] = value
          break
        }
        inside = inside[key]
      }
      for (const edit of agent.edits(one, { live })) {
        expect(typeof edit.path).toBe("string")
        for (const content of [edit.before, edit.after])
          expect(content === undefined || content === null || Buffer.isBuffer(content)).toBe(true)
      }
      for (const { content } of agent.observed?.(one, { live }) ?? [])
        expect(content === null || Buffer.isBuffer(content)).toBe(true)
      agent.window(one)
      agent.folder?.(one)
      const found = Effect.runSync(Effect.either(agent.read(one, { live, usage: () => null })))
      if (Either.isLeft(found)) expect(found.left._tag).toBe("PayloadRefused")
      else for (const fact of found.right.facts) expect(problemOf(fact)).toBeUndefined()
    }),
    { numRuns: 2000 }
  )
}
