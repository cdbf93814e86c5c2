import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { encode, transition } from "../../src/domain/attribution/Transition.ts"
import { linesIn } from "../../src/projections/ContentLines.ts"
import { transitionBetween } from "../../src/projections/ContentTransition.ts"

/** Few texts, so that lines repeat; all that makes lines and bytes differ. */
const line = fc.constantFrom("", "}", "same", "other(1)", "other(2)", "größe = 1", "\ufeffx")
const end = fc.constantFrom("\n", "\n", "\n", "\n", "\r\n")
const text = fc
  .array(fc.tuple(line, end), { maxLength: 12 })
  .map((lines) => lines.map(([words, lineEnd]) => words + lineEnd).join(""))
const bytes = fc.oneof(
  { weight: 8, arbitrary: text.map((written) => Buffer.from(written)) },
  // Without a last line end, and no UTF-8.
  { weight: 1, arbitrary: text.map((written) => Buffer.from(`${written}same`)) },
  { weight: 1, arbitrary: text.map((written) => Buffer.concat([Buffer.from(written), Buffer.from([0xe4, 0x0a])])) },
  { weight: 1, arbitrary: text.map((written) => Buffer.from(`\ufeff${written}`)) }
)

/** Two contents with much in common, and two with little. */
const pairs = fc.oneof(
  fc.tuple(bytes, bytes),
  fc
    .tuple(bytes, bytes, bytes, bytes)
    .map(([head, a, b, tail]) => [Buffer.concat([head, a, tail]), Buffer.concat([head, b, tail])])
)

describe("The transition between two contents", () => {
  it("is the one between all of their lines", () => {
    const law = fc.property(pairs, ([before = Buffer.alloc(0), after = Buffer.alloc(0)]) => {
      const expected = transition(linesIn(before) ?? [], linesIn(after) ?? [])
      const found = transitionBetween(before, after)
      expect(found === undefined ? undefined : encode(found)).toBe(encode(expected))
    })
    fc.assert(law, { numRuns: 20_000 })
  })

  it("is none where one of them is binary", () => {
    expect(transitionBetween(Buffer.from("a\n"), Buffer.from("a\0\n"))).toBeUndefined()
    expect(transitionBetween(Buffer.from("a\0\n"), Buffer.from("a\n"))).toBeUndefined()
  })
})
