/** Keeping a workspace's files the same for as long as it runs: hints make it quick, a full scan in every interval makes it right. */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { Workspace } from "../../../domain/workspace/Workspace.ts"
import type { SyncHalted } from "../../sync/Identify.ts"
import { start } from "../../sync/Sync.ts"
import { filesApart } from "./FilesApart.ts"
import type { Ends, Sessions } from "./Sessions.ts"
import { openSessions } from "./Sessions.ts"
import type { Pair } from "./Pairs.ts"

/** What a round came to that people and the log should know. */
export interface Told {
  readonly pair: Pair
  /** Why nothing is done; null: it goes on. */
  readonly halted: string | null
  readonly conflicts: ReadonlyArray<string>
}

/** Until the connection ends. Fails with FilesApart when there is none. */
export const watchFiles = <R>(ends: Ends, interval: number, told: (what: Told) => Effect.Effect<void, never, R>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const sessions = yield* openSessions(ends)
      yield* Effect.raceFirst(allOf(sessions, interval, told), sessions.closed)
    })
  ).pipe(Effect.mapError(filesApart(ends.workspace.name)))

const allOf = <R>({ pairs }: Sessions, interval: number, told: (what: Told) => Effect.Effect<void, never, R>) =>
  Effect.gen(function* () {
    const context = yield* Effect.context<R>()
    yield* Effect.forEach(
      pairs,
      ({ pair, session }) =>
        Effect.gen(function* () {
          const last = yield* Ref.make<string | null>(null)
          const tell = (halted: string | null, conflicts: ReadonlyArray<string>) =>
            Effect.gen(function* () {
              const before = yield* Ref.getAndSet(last, halted)
              if (before !== halted || conflicts.length > 0) yield* told({ pair, halted, conflicts })
            }).pipe(Effect.provide(context))
          yield* start(session, {
            interval,
            said: (what) =>
              "steps" in what
                ? tell(
                    null,
                    what.conflicts.map(({ copy }) => copy)
                  )
                : isHalt(what)
                  ? tell(`${what.detail}. ${what.advice}`, [])
                  : Effect.void
          })
        }),
      { concurrency: pairs.length, discard: true }
    )
  })

const isHalt = (what: { readonly message: string }): what is SyncHalted =>
  (what as { readonly _tag?: string })._tag === "SyncHalted"

/** Of a workspace that is to be watched: whether that is still so. */
export const isToBeWatched = ({ status, spec }: Workspace): boolean => status === "running" && spec.sync !== undefined
