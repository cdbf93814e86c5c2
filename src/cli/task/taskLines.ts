/** Tasks, for people and as JSON. */
import { type State, type Status, type Task, waitsFor } from "../../domain/boulder/Tasks.ts"
import type { Output } from "../Output.ts"
import { table } from "../Table.ts"

type Style = Pick<Output["Type"], "style">

/** An item of `nexus task list --json`. `waits`: what has to be done before. */
export const taskView = (task: Task, state: State) => ({
  id: task.id,
  title: task.title,
  status: task.status,
  reason: task.reason,
  priority: task.priority,
  after: task.after,
  waits: waitsFor(state, task).map(({ id }) => id),
  gates: task.gates,
  origin: task.origin ?? null
})

const colours: Readonly<Record<Status, Parameters<Output["Type"]["style"]>[0]>> = {
  open: "cyan",
  started: "yellow",
  blocked: "red",
  done: "green",
  cancelled: "dim"
}

export const taskTable = (tasks: ReadonlyArray<Task>, state: State, output: Style): ReadonlyArray<string> =>
  table(
    ["task", "status", "priority", "title", ""],
    tasks.map((task) => [task.id, task.status, String(task.priority), task.title, remark(task, state)]),
    output.style
  )

export const taskLines = (task: Task, state: State, { style }: Style): ReadonlyArray<string> => [
  `${style("bold", task.id)} ${task.title}`,
  `  ${style(colours[task.status], task.status)}, priority ${task.priority}${task.gates.length === 0 ? "" : `, gates ${task.gates.join(", ")}`}`,
  ...[remark(task, state)].filter((line) => line !== "").map((line) => `  ${line}`)
]

const remark = (task: Task, state: State): string => {
  const waiting = waitsFor(state, task)
  if (task.reason !== null) return task.reason
  return waiting.length > 0 && task.status === "open" ? `after ${waiting.map(({ id }) => id).join(", ")}` : ""
}
