/** What a workspace used over some time, as its keeper noted it. */
import * as Effect from "effect/Effect"
import { EventLog } from "../../../events/EventLog.ts"
import { find } from "../Find.ts"
import { samplesOf } from "./Samples.ts"

/** `since`: milliseconds since 1970. */
export const historyOf = (name: string, since: number) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const { workspace } = yield* find(name)
    return { workspace, samples: samplesOf(database, workspace.id, since) }
  })
