import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { allocate, range, ssh } from "../../../src/domain/workspace/Ports.ts"
import type { Service } from "../../../src/domain/workspace/Spec.ts"

const size = range.last - range.first + 1
const all = Array.from({ length: size }, (_, index) => range.first + index)

const services = fc
  .array(
    fc.record({
      name: fc.oneof(fc.constant("ssh"), fc.string({ minLength: 1, maxLength: 6 })),
      port: fc.integer({ min: 1, max: 65_535 }),
      protocol: fc.constantFrom("tcp" as const, "udp" as const)
    }),
    { maxLength: 20 }
  )
  .map((some): ReadonlyArray<Service> => some)

/** Some ports, also outside of the range; often nearly all of the range. */
const taken = fc.oneof(
  fc.uniqueArray(fc.integer({ min: range.first - 50, max: range.first + 100 }), { maxLength: 150 }),
  fc.uniqueArray(fc.constantFrom(...all), { maxLength: 25 }).map((free) => all.filter((port) => !free.includes(port)))
)

describe("ports", () => {
  test("are in the range, distinct, not taken, the lowest, SSH first, or there are not enough", () => {
    fc.assert(
      fc.property(taken, services, (some, wanted) => {
        const reserved = new Set(some)
        const free = all.filter((port) => !reserved.has(port))
        const ports = allocate(reserved, wanted)
        if (free.length < wanted.length) {
          expect(ports).toBeUndefined()
          return
        }
        expect(ports?.map(({ hostPort }) => hostPort)).toEqual(free.slice(0, wanted.length))
        const isSsh = (name: string) => name === ssh.name
        const ordered = [...wanted.filter(({ name }) => isSsh(name)), ...wanted.filter(({ name }) => !isSsh(name))]
        expect(ports?.map(({ service, port, protocol }) => ({ name: service, port, protocol }))).toEqual(ordered)
      }),
      { numRuns: 300 }
    )
  })

  test("of nothing are none, even when all are taken", () => {
    expect(allocate(new Set(all), [])).toEqual([])
    expect(allocate(new Set(all), [ssh])).toBeUndefined()
    expect(allocate(new Set(all.slice(0, -1)), [ssh])).toMatchObject([{ hostPort: range.last }])
  })
})
