/**
 * Appends so many events, each by itself: to a stream of its own and to one that all share, and some under keys that another
 * writer uses for the same commands. Says how many were repetitions. Arguments: the log, the writer's number, how many.
 */
import * as Effect from "effect/Effect"
import type { Commit } from "../../../src/events/Event.ts"
import { EventLog } from "../../../src/events/EventLog.ts"
import { logAt } from "../../support/log.ts"
import { args, numberArg, say } from "./child.ts"

const writer = numberArg(1)

const commitAt = (index: number): Commit => {
  const twins = `pair${Math.floor(writer / 2)}`
  const name = index % 4 === 0 ? twins : `writer${writer}`
  const session = `claude:${index % 2 === 1 ? "shared" : name}`
  return {
    stream: `session/${session}`,
    actor: { kind: "agent", name: "claude" },
    correlation: session,
    ...(index % 4 === 0 ? { key: `${twins}-${index}` } : {}),
    events: [{ type: "ToolStarted", payload: { call: `${name}.${index}`, tool: "Bash" } }]
  }
}

const program = Effect.gen(function* () {
  const log = yield* EventLog
  say("ready")
  // All begin together, when the test says so.
  yield* Effect.promise(() => new Promise((go) => process.stdin.once("data", go)))
  let repeated = 0
  for (let index = 0; index < numberArg(2); index++) {
    for (const receipt of yield* log.append([commitAt(index)])) repeated += receipt.repeated ? 1 : 0
  }
  say("done", repeated)
})

await Effect.runPromise(program.pipe(Effect.provide(logAt(args[0] ?? ""))))
process.exit(0)
