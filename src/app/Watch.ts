/**
 * `nexus watch`: what changes in checkouts while no agent is at work there is kept as seen. It only adds evidence: nothing
 * depends on it, and it never says who wrote something.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { filesStream, type ProjectId } from "../domain/Ids.ts"
import type { FileObserved } from "../domain/FileEvents.ts"
import { EventLog } from "../events/EventLog.ts"
import * as Attribution from "../projections/Attribution.ts"
import { contentStore } from "./ContentStore.ts"
import { ingest } from "./Ingest.ts"
import { Nexus } from "./Nexus.ts"
import { FileWatcher } from "./ports/FileWatcher.ts"
import { Secrets } from "./ports/Secrets.ts"
import { type Look, type LooseFile, WorkingTree } from "./ports/WorkingTree.ts"
import type { Located } from "./ProjectOf.ts"
import { openCalls } from "./snapshot/OpenCalls.ts"

/** A file that went without a change for so long is written; by then an agent's hook has told its edit, too. */
const settled = "1 second"

/** How often to see whether an agent is still at work. */
const asked = Schedule.spaced("500 millis")

/** A call that began earlier, in milliseconds, and never ended is over. */
const longestCall = 10 * 60_000

/** More changes at once are a program's work, of which the first tell enough. */
const mostAtOnce = 200

/** What the watch tells: that it has begun, a file that changed, or that it could not look. */
export type Notice = { readonly checkout: string } & (
  | { readonly kind: "watching" }
  | { readonly kind: "written" | "deleted"; readonly path: string }
  | { readonly kind: "missed"; readonly reason: string }
)

/** Watches a checkout until interrupted. What is told as written or deleted is on record. */
export const watch = ({ project, checkout: { path: checkout } }: Located) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const tree = yield* WorkingTree
      let last = yield* tree.look(checkout)
      const look = Effect.gen(function* () {
        const atWork = Effect.zipRight(Effect.ignore(ingest()), isAtWork(project, checkout))
        yield* Effect.repeat(atWork, { while: (isBusy) => isBusy, schedule: asked })
        const now = yield* tree.look(checkout, last.loose)
        const changes = differences(last, now, (path) => tree.see(join(checkout, path)) === null)
        last = now
        return yield* record(project, checkout, changes.slice(0, mostAtOnce))
      }).pipe(
        Effect.catchTag("LookFailed", ({ detail }) =>
          Effect.succeed<ReadonlyArray<Notice>>([{ kind: "missed", checkout, reason: detail }])
        )
      )
      const signals = (yield* FileWatcher).changes(checkout)
      const begun: Notice = { kind: "watching", checkout }
      return signals.pipe(
        Stream.debounce(settled),
        Stream.mapAccum(true, (isFirst) => [false, isFirst ? [begun] : []] as const),
        Stream.mapEffect((notices) => Effect.map(look, (found) => [...notices, ...found])),
        Stream.flattenIterables
      )
    })
  )

/** A file that holds something new; null: it is gone. */
type Difference = readonly [path: string, file: LooseFile | null]

/** But for files that are now as git has them: git put them there, or has them already. */
const differences = (before: Look, after: Look, isGone: (path: string) => boolean): ReadonlyArray<Difference> => [
  ...[...after.loose].filter(([path, file]) => {
    const known = before.loose.get(path)
    return file === null ? known !== null : file.id !== undefined && file.id !== known?.id
  }),
  ...[...before.loose].flatMap(([path, known]): ReadonlyArray<Difference> =>
    known !== null && !after.loose.has(path) && isGone(path) ? [[path, null]] : []
  )
]

/** Keeps what nobody has told yet. */
const record = (project: ProjectId, checkout: string, changes: ReadonlyArray<Difference>) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const store = contentStore(log, (yield* Secrets).redact)
    const told = Attribution.changesOf(
      log.database,
      project,
      changes.map(([path]) => path)
    )
    const notices: Array<Notice> = []
    const facts: Array<{ readonly type: "FileObserved"; readonly payload: FileObserved }> = []
    for (const [path, file] of changes) {
      const latest = told.findLast((row) => row.path === path && row.checkout === checkout)
      // A link, or too long to be read: nothing can be kept of it.
      if (file !== null && file.content === undefined) continue
      if (latest !== undefined && latest.after === (file?.id ?? null)) continue
      const content = file?.content === undefined ? null : yield* store.add(file.content, undefined)
      facts.push({ type: "FileObserved", payload: { path, checkout, content, by: "watch", tool: "nexus watch" } })
      notices.push({ kind: file === null ? "deleted" : "written", checkout, path })
    }
    if (facts.length > 0) {
      const actor = { kind: "system" as const, name: "nexus" }
      yield* log.append([{ stream: filesStream(project), project, actor, events: facts }], store.blobs)
    }
    return notices
  })

/** Whether some agent's call may be writing here: what it writes is its own to tell. */
const isAtWork = (project: ProjectId, checkout: string) =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const since = Date.now() - longestCall
    const isOpen = openCalls(home.calls)
      .list()
      .some((call) => call.checkout === checkout && !call.background && call.since > since)
    if (isOpen) return true
    const types = ["ToolStarted", "ToolCompleted", "ToolFailed", "StopObserved", "SessionEnded"]
    const open = new Map<string, string | null>()
    for (const event of yield* (yield* EventLog).page({ project, types, since }, 10_000)) {
      if (event.payload === null) continue
      if (event.type === "ToolStarted") open.set(event.payload.call, event.correlation)
      else if (event.type === "ToolCompleted" || event.type === "ToolFailed") open.delete(event.payload.call)
      // What was interrupted has no end of its own.
      else for (const [call, session] of open) if (session === event.correlation) open.delete(call)
    }
    return open.size > 0
  })
