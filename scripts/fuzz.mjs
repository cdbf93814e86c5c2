// npm run fuzz [-- --seeds 500] [--from 1] [--shrink]: random work on random files, with who wrote each line compared with an oracle.
// Prints what differs and all that was done; --shrink leaves out operations that it does not take. Exit code 1 when anything differs.
import { parseArgs } from "node:util"
import { fuzz, report, shrunk } from "../test/accuracy/fuzz/Fuzz.ts"

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "500" },
    from: { type: "string", default: "1" },
    shrink: { type: "boolean", default: false }
  }
})
const from = Number(values.from)
const total = { lines: 0, lost: 0, unproved: 0 }
let failed = 0
for (let seed = from; seed < from + Number(values.seeds); seed++) {
  const outcome = await fuzz(seed).catch((cause) => ({
    seed,
    wrong: [String(cause), String(cause.cause)],
    log: [],
    plan: [],
    tally: total
  }))
  for (const name of Object.keys(total)) total[name] += outcome.tally[name]
  console.error(seed, outcome.wrong.length, JSON.stringify(outcome.tally))
  if (outcome.wrong.length === 0) continue
  failed += 1
  console.log(`${report(values.shrink ? await shrunk(outcome) : outcome)}\n`)
}
const { lines, lost, unproved } = total
console.log(
  `${values.seeds} seeds, ${failed} failed; ${lines} lines, ${lost} of an AI unknown, ${unproved} of a person unknown`
)
process.exitCode = failed === 0 ? 0 : 1
