/** What a checkout's files were when the record of its project began, where git had them otherwise: their ids alone. */
import * as Effect from "effect/Effect"
import type { ProjectId } from "../../domain/Ids.ts"
import { EventLog } from "../../events/EventLog.ts"
import { WorkingTree } from "../ports/WorkingTree.ts"
import { appendTo, digest, portions } from "./RepositoryFacts.ts"

/** `checkout`: the top folder, symbolic links resolved. One that is too large to be looked through has no baseline. */
export const observeBaseline = (checkout: string, project: ProjectId) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { loose } = yield* (yield* WorkingTree).look(checkout)
    const files = [...loose].flatMap(([path, file]) =>
      file?.id === undefined || file.id.startsWith("link:") ? [] : [[path.toWellFormed(), file.id] as const]
    )
    if (files.length === 0) return
    const events = [...portions(files)].map(
      (some) => ({ type: "BaselineSeen", payload: { checkout: checkout.toWellFormed(), files: some } }) as const
    )
    yield* log
      .transact((transaction) => appendTo(transaction, project)(`baseline:${digest([checkout])}`, events))
      .pipe(Effect.catchTags({ VersionConflict: Effect.die, KeyReused: Effect.die, EventRefused: Effect.die }))
  }).pipe(Effect.catchTag("LookFailed", () => Effect.void))
