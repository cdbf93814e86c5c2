/** What a file was when an event was recorded. */
import * as Effect from "effect/Effect"
import type { ProjectId } from "../../domain/Ids.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Changes from "../../projections/Attribution.ts"
import * as Past from "../../projections/History.ts"
import { History } from "../ports/History.ts"

/** What a file was, and the commit that it is of; null: it is a recorded change's. */
interface EventContent {
  readonly bytes: Buffer
  readonly commit: string | null
}

/**
 * The content after the last recorded change up to a position, this checkout's first; else that of the commit that HEAD was
 * at. Undefined when there was no such file, or nobody knows.
 */
export const eventContent = (project: ProjectId, checkout: string, path: string, position: number) =>
  Effect.gen(function* () {
    const { database, blobs } = yield* EventLog
    const history = yield* History
    const changes = Changes.changesOf(database, project, [path], position)
    const last = changes.findLast((change) => change.checkout === checkout) ?? changes.at(-1)
    if (last !== undefined) {
      const blob = last.after === null ? undefined : Changes.blobOf(database, last.after)
      const bytes = blob === undefined ? undefined : yield* blobs.get(blob)
      return bytes === undefined ? undefined : ({ bytes, commit: null } satisfies EventContent)
    }
    const time = Number(database.prepare("SELECT time FROM events WHERE position = ?").pluck().get(position) ?? 0)
    const head = Past.moves(database, project).findLast((move) => move.checkout === checkout && move.at <= time)?.target
    const entry = head === undefined ? undefined : yield* history.entry(checkout, head, path)
    const bytes = entry === undefined ? undefined : (yield* history.blobs(checkout, [entry.oid])).get(entry.oid)
    return bytes === undefined ? undefined : ({ bytes, commit: head ?? null } satisfies EventContent)
  })
