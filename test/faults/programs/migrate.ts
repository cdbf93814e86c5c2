/**
 * Opens one new home after the other, every second one with a file that is there and empty, and appends one event to each.
 * Arguments: the folder of the homes, the number of the first one.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { EventLog } from "../../../src/events/EventLog.ts"
import { logAt } from "../../support/log.ts"
import { args, numberArg, say } from "./child.ts"
import { commandAt } from "./commands.ts"

say("ready")
for (let number = numberArg(1); ; number++) {
  const home = join(args[0] ?? "", String(number))
  if (number % 2 === 1) {
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, "nexus.db"), "")
  }
  const program = Effect.gen(function* () {
    const log = yield* EventLog
    say("opened", number)
    yield* log.append(commandAt(0))
    say("appended", number)
    yield* Effect.sleep(0)
  })
  await Effect.runPromise(program.pipe(Effect.provide(logAt(join(home, "nexus.db")))))
}
