/** Rebuilds all projections again and again, and says so. Argument: the log. */
import * as Effect from "effect/Effect"
import { Projections } from "../../../src/projections/Projections.ts"
import { logAt } from "../../support/log.ts"
import { args, say } from "./child.ts"

const program = Effect.gen(function* () {
  const projections = yield* Projections
  say("ready")
  for (let count = 1; ; count++) {
    yield* projections.rebuild([])
    say("rebuilt", count)
    yield* Effect.sleep(0)
  }
})

await Effect.runPromise(program.pipe(Effect.provide(logAt(args[0] ?? ""))))
