/** Keeps what files of interest held in commits that no branch or tag reaches any more: rebased, amended, reset, stashed. */
import * as Effect from "effect/Effect"
import type { ProjectId } from "../../domain/Ids.ts"
import type { ContentKept } from "../../domain/RepositoryEvents.ts"
import { EventLog } from "../../events/EventLog.ts"
import type { LogFailure } from "../../events/LogErrors.ts"
import * as Kept from "../../projections/History.ts"
import { contentStore } from "../ContentStore.ts"
import { History, type HistoryFailure } from "../ports/History.ts"
import { Secrets } from "../ports/Secrets.ts"
import { appendTo, digest } from "./RepositoryFacts.ts"

/** Larger files are seldom written line by line. */
const largest = 1024 * 1024

/** How many contents are in memory at once. */
const together = 256

interface AtRisk {
  readonly commit: string
  readonly path: string
  readonly before: string | null
  readonly after: string
}

/** Of these commits' files of interest, as far as they are recorded; gives how many contents were kept. */
export const keepContents = (
  checkout: string,
  project: ProjectId,
  unreachable: ReadonlyArray<string>
): Effect.Effect<number, HistoryFailure | LogFailure, EventLog | History | Secrets> =>
  Effect.gen(function* () {
    const risks = yield* atRisk(project, unreachable)
    let kept = 0
    for (let done = 0; done < risks.length; done += together)
      kept += yield* keep(checkout, project, risks.slice(done, done + together))
    return kept
  })

/** Oldest first; a content that several commits gave is told once. */
const atRisk = (project: ProjectId, commits: ReadonlyArray<string>) =>
  Effect.map(EventLog, ({ database }) => {
    const byOid = new Map<string, AtRisk>()
    for (const commit of commits.toReversed()) {
      for (const { path, before, after } of Kept.changesOf(database, project, commit))
        if (after !== null && !byOid.has(after)) byOid.set(after, { commit, path, before, after })
    }
    const lacking = Kept.notStored(database, project, [...byOid.keys()])
    return [...byOid.values()].filter(({ after }) => lacking.has(after))
  })

const keep = (checkout: string, project: ProjectId, risks: ReadonlyArray<AtRisk>) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const history = yield* History
    const { redact } = yield* Secrets
    const store = contentStore(log, redact)
    const oids = risks.flatMap(({ before, after }) => (before === null ? [after] : [before, after]))
    const contents = yield* history.blobs(checkout, oids, largest)
    const facts: Array<ContentKept> = []
    for (const { commit, path, before, after } of risks) {
      const content = contents.get(after)
      if (content === undefined) continue
      const ref = yield* store.add(content, before === null ? undefined : contents.get(before))
      // By the repository's own id of it, which need not be SHA-1.
      facts.push({ commit, path: path.toWellFormed(), content: { ...ref, oid: after } })
    }
    if (facts.length === 0) return 0
    return yield* log
      .transact((transaction) => {
        for (const blob of store.blobs) transaction.putBlob(blob)
        const key = `kept:${digest(facts.map(({ content }) => content.oid))}`
        return appendTo(transaction, project)(
          key,
          facts.map((payload) => ({ type: "ContentKept", payload }))
        )
      })
      .pipe(Effect.catchTags({ VersionConflict: Effect.die, KeyReused: Effect.die, EventRefused: Effect.die }))
  })
