/**
 * Appends command after command, and says which is acknowledged: its number, first and last position, whether it was a
 * repetition. Arguments: the log, the number to begin with, the first number that is new (older ones are repeated where
 * they have a key).
 */
import * as Effect from "effect/Effect"
import { EventLog } from "../../../src/events/EventLog.ts"
import { logAt } from "../../support/log.ts"
import { args, numberArg, say } from "./child.ts"
import { commandAt, hasKey } from "./commands.ts"

const program = Effect.gen(function* () {
  const log = yield* EventLog
  say("ready")
  for (let number = numberArg(1); ; number++) {
    if (number < numberArg(2) && !hasKey(number)) continue
    const receipts = yield* log.append(commandAt(number))
    say(
      number,
      receipts[0]?.first ?? 0,
      receipts.at(-1)?.last ?? 0,
      receipts.every(({ repeated }) => repeated)
    )
    // A crash of the test is noticed between two appends.
    yield* Effect.sleep(0)
  }
})

await Effect.runPromise(program.pipe(Effect.provide(logAt(args[0] ?? ""))))
