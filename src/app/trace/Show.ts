/** `nexus trace show`: one commit's lines by contributor. */
import * as Effect from "effect/Effect"
import { History } from "../ports/History.ts"
import { checkoutHere } from "../ProjectOf.ts"
import * as Trace from "./Trace.ts"

/** What the commit that a revision names introduced. */
export const commitNamed = (revision: string) =>
  Effect.gen(function* () {
    const { path } = yield* checkoutHere
    const commit = yield* (yield* History).commitOf(path, revision)
    const [attributed] = yield* Trace.attributedCommits([commit])
    return attributed ?? (yield* Effect.die(`no attribution of ${commit}`))
  })
