/** The record told again: the story in order, and the state of every read model as of its end. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type WorkspaceId, workspaceStream } from "../domain/workspace/Ids.ts"
import { algorithm, decide } from "../domain/boulder/Decide.ts"
import * as Database from "../events/Database.ts"
import { EventLog } from "../events/EventLog.ts"
import { verify } from "../events/Verify.ts"
import { type Progress, Projections } from "../projections/Projections.ts"
import * as FilesTouched from "../projections/FilesTouched.ts"
import * as Projects from "../projections/Projects.ts"
import * as Sessions from "../projections/Sessions.ts"
import type { TimelineRow } from "../projections/Timeline.ts"
import * as Find from "./Find.ts"
import { storyLine } from "./StoryLine.ts"
import { findEver } from "./workspaces/Checkpoints.ts"
import { projectView, sessionView } from "./Views.ts"

export interface ReplayOptions {
  readonly session?: string | undefined
  /** By its name or id: what happened to it, and what agents did in it. */
  readonly workspace?: string | undefined
  /** The story up to this time, milliseconds since 1970. */
  readonly at?: number | undefined
  /** The story up to this position, inclusive. */
  readonly until?: number | undefined
  readonly progress?: Progress | undefined
}

export interface Bounds {
  /** The last position of the story. */
  readonly until: number
  /** The session that it is about; null for everything. */
  readonly session: string | null
  /** The workspace that it is about, and the sessions in it; null for everything. */
  readonly workspace: {
    readonly id: WorkspaceId
    readonly name: string
    readonly sessions: ReadonlyArray<string>
  } | null
}

/** Where a replay ends, and what it is about. */
export const bounds = (options: ReplayOptions) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const head = (yield* log.head).position
    const session = options.session === undefined ? null : (yield* Find.session(options.session)).id
    const byTime = options.at === undefined ? head : yield* lastUpTo(options.at)
    const workspace = options.workspace === undefined ? null : yield* workspaceNamed(options.workspace)
    return { until: Math.min(head, byTime, options.until ?? head), session, workspace } satisfies Bounds
  })

/** The last event that had happened by a time; everything recorded before it is part of what was known then. */
export const lastUpTo = (time: number) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    return yield* Database.guard(database.path, () =>
      Number(database.prepare("SELECT coalesce(max(position), 0) FROM events WHERE time <= ?").pluck().get(time))
    )
  })

/** Also one that is deleted. Its sessions are those that began in its folder since it was made. */
const workspaceNamed = (name: string) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const { workspace, created } = yield* findEver(name)
    const sessions = Sessions.list(database)
      .filter(({ cwd, started }) => started >= created && `${cwd}/`.startsWith(`${workspace.folder}/`))
      .map(({ id }) => id)
    return { id: workspace.id, name: workspace.name, sessions }
  })

/** The lines, in order. */
export const story = ({ until, session, workspace }: Bounds) =>
  Stream.unwrap(
    Effect.map(EventLog, (log) =>
      log.read({ until, ...(session === null ? {} : { correlation: session }) }).pipe(
        Stream.filter(
          ({ stream, correlation }) =>
            workspace === null ||
            stream === workspaceStream(workspace.id) ||
            (correlation !== null && workspace.sessions.includes(correlation))
        ),
        Stream.map((event) => ({ event, told: storyLine(event) }))
      )
    )
  )

/** The read models as of a position, derived from event 1. */
export const stateAsOf = ({ until, session, workspace }: Bounds, progress?: Progress) =>
  Effect.gen(function* () {
    const projections = yield* Projections
    const mine = (row: { readonly id: string }) =>
      (session === null || row.id === session) && (workspace === null || workspace.sessions.includes(row.id))
    return yield* Effect.acquireUseRelease(
      projections.asOf(until, progress),
      (aside) =>
        Effect.sync(() => {
          const sessions = Sessions.list(aside).filter(mine)
          return {
            position: until,
            projects: Projects.list(aside)
              .filter(
                (row) => (session === null && workspace === null) || sessions.some(({ project }) => project === row.id)
              )
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
