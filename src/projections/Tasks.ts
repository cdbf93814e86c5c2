/** Tasks: what each project still has to do, and what became of the rest. */
import type { Status, Task } from "../domain/boulder/Tasks.ts"
import { TaskId } from "../domain/boulder/TaskEvents.ts"
import type { Database } from "../events/Database.ts"
import { type Projection, table, type Tables } from "./Projection.ts"

export interface TaskRow {
  readonly project: string
  readonly task: string
  /** In order of their being added, from 1. */
  readonly number: number
  readonly title: string
  readonly priority: number
  /** JSON lists of ids and names. */
  readonly after: string
  readonly gates: string
  /** JSON, or null. */
  readonly origin: string | null
  readonly status: string
  readonly reason: string | null
  /** The conversation whose task it is: in whose list it stands, or that began it last. */
  readonly by: string | null
  /** Positions of its first and its last event. */
  readonly added: number
  readonly changed: number
}

const taskRows = table<TaskRow>({
  name: "tasks",
  columns: {
    project: "TEXT",
    task: "TEXT",
    number: "INTEGER",
    title: "TEXT",
    priority: "INTEGER",
    after: "TEXT",
    gates: "TEXT",
    origin: "TEXT",
    status: "TEXT",
    reason: "TEXT",
    by: "TEXT",
    added: "INTEGER",
    changed: "INTEGER"
  },
  key: ["project", "task"]
})

export const Tasks: Projection = {
  name: "tasks",
  version: 2,
  tables: [taskRows],
  apply: (event, tables) => {
    switch (event.type) {
      case "TaskAdded": {
        const { task, title, priority, after, gates, origin } = event.payload
        return tables(taskRows).put({
          project: event.project ?? "",
          task,
          number: Number(task.slice(2)),
          title,
          priority,
          after: JSON.stringify(after),
          gates: JSON.stringify(gates),
          origin: origin === undefined ? null : JSON.stringify(origin),
          status: "open",
          reason: null,
          by: origin?.session ?? null,
          added: event.position,
          changed: event.position
        })
      }
      case "TaskStarted":
        return change(tables, event.project, event.payload.task, {
          status: "started",
          reason: null,
          ...(event.correlation === null ? {} : { by: event.correlation }),
          changed: event.position
        })
      case "TaskCompleted":
        return change(tables, event.project, event.payload.task, {
          status: "done",
          reason: null,
          changed: event.position
        })
      case "TaskBlocked":
        return change(tables, event.project, event.payload.task, {
          status: "blocked",
          reason: event.payload.reason,
          changed: event.position
        })
      case "TaskCancelled":
        return change(tables, event.project, event.payload.task, {
          status: "cancelled",
          reason: event.payload.reason,
          changed: event.position
        })
      default:
        return undefined
    }
  }
}

const change = (
  tables: Tables,
  project: string | null,
  task: string,
  fields: Pick<TaskRow, "reason" | "changed"> & { readonly status: Status; readonly by?: string }
): void => {
  const row = tables(taskRows).get(project ?? "", task)
  if (row === undefined) throw new Error(`${task} was never added`)
  tables(taskRows).put({ ...row, ...fields })
}

/** In order of their being added. */
export const list = (database: Database, project: string): ReadonlyArray<Task & Pick<TaskRow, "by">> =>
  (
    database.prepare("SELECT * FROM tasks WHERE project = ? ORDER BY number").all(project) as ReadonlyArray<TaskRow>
  ).map(taskOf)

const taskOf = (row: TaskRow): Task & Pick<TaskRow, "by"> => ({
  id: TaskId.make(row.task),
  title: row.title,
  priority: row.priority,
  after: JSON.parse(row.after) as Task["after"],
  gates: JSON.parse(row.gates) as Task["gates"],
  origin: row.origin === null ? undefined : (JSON.parse(row.origin) as Task["origin"]),
  status: row.status as Status,
  reason: row.reason,
  by: row.by
})

/** Tasks that need a person, with when they said so (milliseconds since 1970). */
export const blocked = (
  database: Database,
  project: string
): ReadonlyArray<Task & Pick<TaskRow, "by"> & { readonly time: number }> =>
  (
    database
      .prepare(
        `SELECT tasks.*, events.time AS time FROM tasks JOIN events ON events.position = tasks.changed
         WHERE tasks.project = ? AND tasks.status = 'blocked' ORDER BY tasks.number`
      )
      .all(project) as ReadonlyArray<TaskRow & { readonly time: number }>
  ).map((row) => ({ ...taskOf(row), time: row.time }))
