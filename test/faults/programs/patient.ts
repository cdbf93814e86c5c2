/** Appends one command to a log that somebody else holds, and says when it is recorded. Argument: the log. */
import * as Effect from "effect/Effect"
import { EventLog } from "../../../src/events/EventLog.ts"
import { logAt } from "../../support/log.ts"
import { args, say } from "./child.ts"
import { commandAt } from "./commands.ts"

const program = Effect.gen(function* () {
  const log = yield* EventLog
  say("ready")
  yield* Effect.promise(() => new Promise((go) => process.stdin.once("data", go)))
  say("waiting")
  yield* log.append(commandAt(0))
  say("recorded")
})

await Effect.runPromise(program.pipe(Effect.provide(logAt(args[0] ?? ""))))
process.exit(0)
