/**
 * Facts about a project's tasks: what is to be done, and what became of it. Promises about bytes on disk: add a version,
 * never edit one.
 */
import * as Schema from "effect/Schema"

/** The project's own name for a task: `T-1`, `T-2`, in order of their being added. */
export const TaskId = Schema.String.pipe(Schema.pattern(/^T-[1-9]\d{0,6}$/), Schema.brand("TaskId"))
export type TaskId = typeof TaskId.Type

/** A task of an agent's own list, which this one mirrors: the session, and the client's id or text of the task. */
const Origin = Schema.Struct({ session: Schema.String, task: Schema.String })

/**
 * `priority`: 0 to 99, the highest first. `after`: tasks that must be done before this one is begun. `gates`: the names of the
 * gates that must have passed for it to be done. `title`: one line.
 */
export const TaskAdded = Schema.Struct({
  task: TaskId,
  title: Schema.String,
  priority: Schema.Int.pipe(Schema.between(0, 99)),
  after: Schema.Array(TaskId),
  gates: Schema.Array(Schema.String),
  origin: Schema.optional(Origin)
})
export type TaskAdded = typeof TaskAdded.Type

/** Work on it began, or began again. */
export const TaskStarted = Schema.Struct({ task: TaskId })
export type TaskStarted = typeof TaskStarted.Type

export const TaskCompleted = Schema.Struct({ task: TaskId })
export type TaskCompleted = typeof TaskCompleted.Type

/** It can't go on without a person: `reason` says what it needs. */
export const TaskBlocked = Schema.Struct({ task: TaskId, reason: Schema.String })
export type TaskBlocked = typeof TaskBlocked.Type

/** It is not to be done any more. */
export const TaskCancelled = Schema.Struct({ task: TaskId, reason: Schema.String })
export type TaskCancelled = typeof TaskCancelled.Type
