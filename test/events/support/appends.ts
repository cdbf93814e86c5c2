/**
 * Another writer: appends `count` facts to `stream` of the log at `path`, one commit each, and prints each position.
 * `skew` milliseconds are added to its wall clock. With a count of 0 it goes on until it is killed.
 */
import * as Effect from "effect/Effect"
import { EventLog } from "../../../src/events/EventLog.ts"
import { commit, onLogAt } from "./samples.ts"

const [path = "", stream = "", count = "0", skew = "0"] = process.argv.slice(2)
const wall = Date.now
Date.now = () => wall() + Number(skew)

await onLogAt(
  path,
  Effect.gen(function* () {
    const log = yield* EventLog
    const last = count === "0" ? Number.POSITIVE_INFINITY : Number(count)
    for (let n = 1; n <= last; n++) {
      const [receipt] = yield* log.append([commit(stream, [`${stream} ${n}`])])
      process.stdout.write(`${receipt?.last}\n`)
    }
  })
)
