import * as fc from "fast-check"
import { test } from "vitest"
import { holds, operations } from "./operations.ts"

/** A longer search: SYNC_RUNS=1000. */
const numRuns = Number(process.env["SYNC_RUNS"] ?? 40)

test(
  "whatever is done on both sides and wherever rounds are cut, both become the same and nothing is lost",
  { timeout: 300_000 },
  () =>
    fc.assert(
      fc.asyncProperty(operations, (given) => holds(given, () => (side) => side)),
      { numRuns }
    )
)
