/** What waits for a person: escalated runs, blocked tasks, what was done to checks, and pauses. */
import * as Effect from "effect/Effect"
import type { ProjectId } from "../../domain/Ids.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Boulders from "../../projections/Boulders.ts"
import * as Projects from "../../projections/Projects.ts"
import * as Tasks from "../../projections/Tasks.ts"
import { Nexus } from "../Nexus.ts"
import { Repositories } from "../ports/Repositories.ts"
import { isoTime } from "../Views.ts"

/** `subject`: the run or task. `todo`: the command that answers it. */
export interface Waiting {
  readonly kind: "escalation" | "blocked task" | "integrity alarm" | "pause"
  readonly project: string
  readonly subject: string
  readonly text: string
  readonly session: string | null
  readonly since: string
  readonly todo: string
}

/** Of the project here; of all projects where there is none, or when asked for. */
export const inbox = ({ all }: { readonly all: boolean }) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const checkout = (yield* Repositories).checkoutOf((yield* Nexus).cwd)
    const here = checkout === undefined || all ? undefined : Projects.at(database, checkout.path)
    const projects = here === undefined ? Projects.list(database).map(({ id }) => id) : [here]
    return (yield* Effect.forEach(projects, (id) => waitingFor(id))).flat()
  })

export const waitingFor = (project: ProjectId): Effect.Effect<ReadonlyArray<Waiting>, never, EventLog> =>
  Effect.map(EventLog, ({ database }) => {
    const name = Projects.find(database, project)?.name ?? project
    const { paused, runs } = Boulders.state(database, project)
    const isPaused = paused !== null && (paused.until === null || paused.until > Date.now())
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
    return [
      ...escalations,
      ...alarms,
      ...blocked,
      ...(isPaused
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
