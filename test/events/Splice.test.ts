import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { sharedHead, sharedTail, splice, unsplice } from "../../src/events/Splice.ts"

/** Few different bytes, so that contents have much in common. */
const content = fc
  .array(fc.constantFrom("a", "b", "\n", "ä"), { maxLength: 400 })
  .map((parts) => Buffer.from(parts.join("")))

describe("a spliced content", () => {
  it("is read back byte for byte", () => {
    fc.assert(
      fc.property(content, content, (base, after) => {
        const data = splice(base, after, Infinity)
        expect(data === undefined ? undefined : unsplice(base, data)).toEqual(after)
      })
    )
  })

  it("is what lies between the longest beginning and end that both have", () => {
    const base = Buffer.from(`${"line\n".repeat(50_000)}end\n`)
    const after = Buffer.from(`${"line\n".repeat(20_000)}new\n${"line\n".repeat(30_000)}end\n`)
    expect([sharedHead(base, after), sharedTail(base, after, 100_000)]).toEqual([100_000, 150_004])
    expect(splice(base, after, 4)?.length).toBe(3 + 3 + 4)
    expect(splice(base, after, 3)).toBeUndefined()
  })

  it.each([
    ["nothing", ""],
    ["half a number", "80"],
    ["more than the base has", "7f00"],
    ["a number without end", "ffffffffffffffffff"]
  ])("that is damaged, %s, is none", (_, data) => {
    expect(unsplice(Buffer.from("short"), Buffer.from(data, "hex"))).toBeUndefined()
  })
})
