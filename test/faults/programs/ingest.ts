/**
 * Records what is in the spool, and says after each round how many were recorded, repeated, rejected. Arguments: the home;
 * "loop" to go on for ever, "once" to end when the spool is empty.
 */
import * as Effect from "effect/Effect"
import { ingest } from "../../../src/app/Ingest.ts"
import * as Live from "../../../src/cli/Live.ts"
import { EventLog } from "../../../src/events/EventLog.ts"
import { at } from "../../../src/events/Home.ts"
import { args, say } from "./child.ts"

const program = Effect.gen(function* () {
  yield* EventLog
  say("ready")
  for (;;) {
    const { recorded, repeated, rejected } = yield* ingest()
    const done = recorded + repeated + rejected
    if (done > 0) say(recorded, repeated, rejected)
    if (done === 0 && args[1] === "once") return
    yield* Effect.sleep(1)
  }
})

await Effect.runPromise(program.pipe(Effect.provide(Live.live(at(args[0] ?? "")))))
process.exit(0)
