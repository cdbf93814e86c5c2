/**
 * What waits for a person: escalated runs, blocked tasks, what was done to checks, conversations that do nothing, workspaces that are
 * to be stopped, and pauses.
 */
import * as Effect from "effect/Effect"
import type { ProjectId, SessionId } from "../../domain/Ids.ts"
import { isPaused, runFor } from "../../domain/boulder/Boulder.ts"
import { atWorkWithin, tasksOf } from "../../domain/boulder/Observe.ts"
import { duration, plural } from "../../domain/boulder/Wording.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Boulders from "../../projections/Boulders.ts"
import * as Projects from "../../projections/Projects.ts"
import * as Sessions from "../../projections/Sessions.ts"
import * as Tasks from "../../projections/Tasks.ts"
import type { Database } from "../../events/Database.ts"
import * as Workspaces from "../../projections/WorkspaceRows.ts"
import { Nexus } from "../Nexus.ts"
import { Repositories } from "../ports/Repositories.ts"
import { isoTime } from "../isoTime.ts"

/** `subject`: the run, task or workspace. `todo`: the command that answers it. */
export interface Waiting {
  readonly kind: "escalation" | "blocked task" | "integrity alarm" | "idle conversation" | "idle workspace" | "pause"
  readonly project: string
  readonly subject: string
  readonly text: string
  readonly session: string | null
  readonly since: string
  readonly todo: string
}

/** After so long, its client was ended without a word. */
const forgottenAfter = 24 * 60 * 60_000

/** Of the project here; of all projects where there is none, or when asked for. `now`: milliseconds since 1970. */
export const inbox = ({ all, now = Date.now() }: { readonly all: boolean; readonly now?: number }) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const checkout = (yield* Repositories).checkoutOf((yield* Nexus).cwd)
    const here = checkout === undefined || all ? undefined : Projects.at(database, checkout.path)
    const projects = here === undefined ? Projects.list(database).map(({ id }) => id) : [here]
    return (yield* Effect.forEach(projects, (id) => waitingFor(id, now))).flat()
  })

export const waitingFor = (project: ProjectId, now = Date.now()) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const { checkoutOf } = yield* Repositories
    const name = Projects.find(database, project)?.name ?? project
    const state = Boulders.state(database, project)
    const { paused, runs } = state
    const isHeldUp = isPaused(state, now)
    const tasks = Tasks.list(database, project)
    const escalations = runs.flatMap(({ id, escalation }): ReadonlyArray<Waiting> =>
      escalation === null
        ? []
        : [
            {
              kind: "escalation",
              project: name,
              subject: id,
              text: escalation.reason,
              session: escalation.session,
              since: isoTime(escalation.time),
              todo: `nexus boulder explain ${escalation.position}; then nexus boulder resume, or nexus boulder disarm ${id}`
            }
          ]
    )
    const alarms = runs.flatMap((run) =>
      run.alarms.map(({ kind, subject, detail }): Waiting => ({
        kind: "integrity alarm",
        project: name,
        subject: run.id,
        text: `${kind}: ${subject}, ${detail}`,
        session: run.last?.session ?? null,
        since: isoTime(run.last?.time ?? run.since),
        todo: "look at it; then put it right, or take it as it is: nexus boulder arm"
      }))
    )
    const blocked = Tasks.blocked(database, project).map(({ id, title, reason, by, time }): Waiting => ({
      kind: "blocked task",
      project: name,
      subject: id,
      text: `${title}: ${reason ?? ""}`,
      session: by,
      since: isoTime(time),
      todo: `nexus task start ${id}, done ${id} or cancel ${id}`
    }))
    const idle = (isHeldUp ? [] : Sessions.list(database, { project, active: true })).flatMap(
      ({ id, cwd, active }): ReadonlyArray<Waiting> => {
        const run =
          now - active < atWorkWithin || now - active > forgottenAfter
            ? undefined
            : runFor(state, id as SessionId, checkoutOf(cwd)?.path ?? cwd)
        const left = run === undefined ? 0 : tasksOf(run.tasks, { tasks, session: id, atWork: new Set() }).open
        if (run === undefined || run.status !== "armed" || run.mode === "observe" || left === 0) return []
        return [
          {
            kind: "idle conversation",
            project: name,
            subject: run.id,
            text: `nothing was heard of it for ${duration(now - active)}, and ${plural(left, "task")} can be done`,
            session: id,
            since: isoTime(active),
            todo: "look at it in its client, or nexus boulder disarm"
          }
        ]
      }
    )
    return [
      ...escalations,
      ...alarms,
      ...blocked,
      ...idle,
      ...idleWorkspaces(database, project, name),
      ...(paused !== null && isHeldUp
        ? [
            {
              kind: "pause" as const,
              project: name,
              subject: "boulder",
              text: `paused by ${paused.by}${paused.reason === null ? "" : `: ${paused.reason}`}`,
              session: null,
              since: isoTime(paused.since),
              todo: "nexus boulder resume"
            }
          ]
        : [])
    ]
  })

const idleWorkspaces = (database: Database, project: ProjectId, name: string): ReadonlyArray<Waiting> =>
  Workspaces.list(database, project).flatMap(({ workspace, used }): ReadonlyArray<Waiting> =>
    workspace.idle === null
      ? []
      : [
          {
            kind: "idle workspace",
            project: name,
            subject: workspace.name,
            text: `nobody used it for ${duration(workspace.idle.idleMs)}: it is stopped at ${isoTime(workspace.idle.stopsAt)}; its files stay`,
            session: null,
            since: isoTime(used),
            todo: `nothing, or to keep it running: nexus workspace start ${workspace.name}`
          }
        ]
  )
