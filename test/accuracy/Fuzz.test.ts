/** Random work, a few seeds of it; `npm run fuzz` plays more. NEXUS_FUZZ_SEEDS says how many, NEXUS_FUZZ_FROM the first. */
import { expect, test } from "vitest"
import { fuzz, report } from "./fuzz/Fuzz.ts"

const seeds = Number(process.env["NEXUS_FUZZ_SEEDS"] ?? 12)
const first = Number(process.env["NEXUS_FUZZ_FROM"] ?? 1)

test.each(Array.from({ length: seeds }, (_, index) => first + index))(
  "after random work, every line is its author's (seed %i)",
  async (seed) => {
    const outcome = await fuzz(seed)
    if (outcome.wrong.length > 0) throw new Error(report(outcome))
    expect(outcome.tally.lines).toBeGreaterThan(0)
  },
  300_000
)
