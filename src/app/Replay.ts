/** The record told again: the story in order, and the state of every read model as of its end. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { actorLabel } from "../domain/Actor.ts"
import { algorithm, decide } from "../domain/boulder/Decide.ts"
import * as Database from "../events/Database.ts"
import type { RecordedEvent } from "../events/Event.ts"
import { EventLog } from "../events/EventLog.ts"
import { verify } from "../events/Verify.ts"
import { type Progress, Projections } from "../projections/Projections.ts"
import * as FilesTouched from "../projections/FilesTouched.ts"
import * as Projects from "../projections/Projects.ts"
import * as Sessions from "../projections/Sessions.ts"
import { describe, type TimelineRow } from "../projections/Timeline.ts"
import * as Find from "./Find.ts"
import { isoTime, projectView, sessionView } from "./Views.ts"

export interface ReplayOptions {
  readonly session?: string | undefined
  /** The story up to this time, milliseconds since 1970. */
  readonly at?: number | undefined
  /** The story up to this position, inclusive. */
  readonly until?: number | undefined
  readonly progress?: Progress | undefined
}

export interface StoryLine {
  readonly position: number
  readonly time: string
  readonly actor: string
  readonly session: string | null
  readonly type: string
  readonly line: string
}

export interface Bounds {
  /** The last position of the story. */
  readonly until: number
  /** The session that it is about; null for everything. */
  readonly session: string | null
}

/** Where a replay ends, and what it is about. */
export const bounds = (options: ReplayOptions) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const head = (yield* log.head).position
    const session = options.session === undefined ? null : (yield* Find.session(options.session)).id
    const byTime = options.at === undefined ? head : yield* lastUpTo(options.at)
    return { until: Math.min(head, byTime, options.until ?? head), session } satisfies Bounds
  })

/** The last event that had happened by a time; everything recorded before it is part of what was known then. */
export const lastUpTo = (time: number) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    return yield* Database.guard(database.path, () =>
      Number(database.prepare("SELECT coalesce(max(position), 0) FROM events WHERE time <= ?").pluck().get(time))
    )
  })

/** The lines, in order. */
export const story = ({ until, session }: Bounds) =>
  Stream.unwrap(
    Effect.map(EventLog, (log) =>
      log
        .read({ until, ...(session === null ? {} : { correlation: session }) })
        .pipe(Stream.map((event) => ({ event, told: storyLine(event) })))
    )
  )

export const storyLine = (event: RecordedEvent): StoryLine => ({
  position: event.position,
  time: isoTime(event.time),
  actor: actorLabel(event.actor),
  session: event.correlation,
  type: event.type,
  line: event.payload === null ? "(payload destroyed)" : describe(event)
})

/** The read models as of a position, derived from event 1. */
export const stateAsOf = ({ until, session }: Bounds, progress?: Progress) =>
  Effect.gen(function* () {
    const projections = yield* Projections
    const mine = (row: { readonly id: string }) => session === null || row.id === session
    return yield* Effect.acquireUseRelease(
      projections.asOf(until, progress),
      (aside) =>
        Effect.sync(() => {
          const sessions = Sessions.list(aside).filter(mine)
          return {
            position: until,
            projects: Projects.list(aside)
              .filter((row) => session === null || sessions.some(({ project }) => project === row.id))
              .map(projectView),
            sessions: sessions.map(sessionView),
            files: sessions.flatMap(({ id }) => FilesTouched.ofSession(aside, id))
          }
        }),
      Database.close
    )
  })

/**
 * Whether the log holds together, whether every live read model is what the log gives when folded again, and whether every
 * recorded decision comes out of its facts again.
 */
export const proof = (progress?: Progress) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const projections = yield* Projections
    const chain = yield* verify(database, { progress })
    const checks = yield* projections.check([], progress)
    const degraded = (yield* projections.status)
      .filter(({ faults }) => faults > 0)
      .map(({ name, degradedSince }) => ({ name, degradedSince }))
    const decisions = yield* decisionsAgain
    return {
      ok: chain.ok && checks.every(({ same }) => same) && degraded.length === 0 && decisions.different.length === 0,
      chain,
      projections: checks,
      decisions,
      degraded
    }
  })

/** Every decision by the rules of today, made once more. `different`: positions of those that came out otherwise. */
const decisionsAgain = Effect.flatMap(EventLog, (log) =>
  log.read({ types: ["StopDecided"] }).pipe(
    Stream.runFold({ checked: 0, different: [] as ReadonlyArray<number> }, ({ checked, different }, event) => {
      if (event.type !== "StopDecided" || event.payload === null) return { checked, different }
      const { facts, limits, verdict, rule } = event.payload
      if (event.payload.algorithm !== algorithm) return { checked, different }
      const again = decide(facts, limits)
      const isSame = again.verdict === verdict && again.rule === rule
      return { checked: checked + 1, different: isSame ? different : [...different, event.position] }
    })
  )
)

/** The timeline of a session, from its read model. */
export const timelineOf = (database: Database.Database, session: string): ReadonlyArray<TimelineRow> =>
  database
    .prepare(
      `SELECT timeline.position, timeline.line FROM events JOIN timeline USING (position)
       WHERE events.correlation = (SELECT id FROM names WHERE name = ?) ORDER BY events.position`
    )
    .all(session) as ReadonlyArray<TimelineRow>
