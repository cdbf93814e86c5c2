/** Where the work of a run stands, in words for an agent. */
import * as Effect from "effect/Effect"
import type { ProjectId, SessionId } from "../../domain/Ids.ts"
import type { Run } from "../../domain/boulder/Boulder.ts"
import { isOfRun } from "../../domain/boulder/Observe.ts"
import { isUnfinished } from "../../domain/boulder/Tasks.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Tasks from "../../projections/Tasks.ts"

const shown = 10

export const standing = (held: {
  readonly run: Run
  readonly session: SessionId | undefined
  readonly project: ProjectId
  readonly nexus: string
}) =>
  Effect.map(EventLog, ({ database }) => {
    const { run, session, project, nexus } = held
    const open = Tasks.list(database, project).filter(
      (task) => isUnfinished(task) && isOfRun(run.tasks, task, session ?? null)
    )
    return [
      `[nexus ${run.id}] This work is held to its tasks and gates until they are done.`,
      ...open.slice(0, shown).map(({ id, title, status }) => `- ${id} ${title} (${status})`),
      ...(open.length > shown ? [`- and ${open.length - shown} more: ${nexus} task list`] : []),
      ...(run.gates.length === 0
        ? []
        : [`Gates that have to pass: ${run.gates.map(({ gate }) => gate).join(", ")} (${nexus} gate run).`]),
      `When a task holds: ${nexus} task done ID. If it needs a person: ${nexus} task block ID --reason "…".`
    ].join("\n")
  })
