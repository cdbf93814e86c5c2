/** Runs a command on an up-to-date log: what hooks delivered is recorded first, and stale read models are derived again. */
import * as Effect from "effect/Effect"
import { ingest } from "../app/Ingest.ts"
import { locate } from "../events/Home.ts"
import { Projections } from "../projections/Projections.ts"
import { Invocation } from "./Invocation.ts"
import * as Live from "./Live.ts"
import { Output } from "./Output.ts"

export const withLog = <A, E, R>(command: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { home } = yield* Invocation
    return yield* Effect.zipRight(bringUpToDate, command).pipe(Effect.provide(Live.live(locate(home, process.env))))
  })

const bringUpToDate = Effect.gen(function* () {
  const output = yield* Output
  const { report, done } = output.progress("Deriving the read models again")
  yield* (yield* Projections).catchUp(report).pipe(Effect.ensuring(Effect.sync(done)))
  const { rejected } = yield* ingest()
  if (rejected > 0) yield* output.note(`${rejected} payloads could not be recorded; see: nexus doctor`)
})
