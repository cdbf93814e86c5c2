/**
 * A project's tasks: what is to be done, in which order, and what stands in the way. `decide` turns a command into facts or a
 * refusal; `evolve` folds facts into the list.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Events from "./TaskEvents.ts"
import { TaskId } from "./TaskEvents.ts"

export type Status = "open" | "started" | "blocked" | "done" | "cancelled"

export interface Task {
  readonly id: TaskId
  readonly title: string
  readonly priority: number
  readonly after: ReadonlyArray<TaskId>
  readonly gates: ReadonlyArray<string>
  readonly origin: Events.TaskAdded["origin"]
  readonly status: Status
  /** Why it is blocked or cancelled. */
  readonly reason: string | null
}

/** In the order of their being added. */
export type State = ReadonlyArray<Task>

export type TaskFact =
  | { readonly type: "TaskAdded"; readonly payload: Events.TaskAdded }
  | { readonly type: "TaskStarted"; readonly payload: Events.TaskStarted }
  | { readonly type: "TaskCompleted"; readonly payload: Events.TaskCompleted }
  | { readonly type: "TaskBlocked"; readonly payload: Events.TaskBlocked }
  | { readonly type: "TaskCancelled"; readonly payload: Events.TaskCancelled }

/** A task to be added. `after`: ids of known tasks, or keys of others that are added with it. */
export interface Draft {
  /** What others that are added with it call it. */
  readonly key?: string
  readonly title: string
  readonly priority?: number | undefined
  readonly after?: ReadonlyArray<string> | undefined
  readonly gates?: ReadonlyArray<string> | undefined
  readonly origin?: Events.TaskAdded["origin"]
}

export type Command =
  | { readonly do: "add"; readonly drafts: ReadonlyArray<Draft> }
  | { readonly do: "start"; readonly task: string }
  /** `passed`: the gates that have passed for the tree as it is. */
  | { readonly do: "complete"; readonly task: string; readonly passed: ReadonlyArray<string> }
  | { readonly do: "block" | "cancel"; readonly task: string; readonly reason: string }

/** What a command asks for can't be. `hint` says what can. */
export class TaskRefused extends Schema.TaggedError<TaskRefused>()("TaskRefused", {
  reason: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

export const defaultPriority = 50

/** Nothing, where it is so already: a command given twice is obeyed once. */
export const decide = (state: State, command: Command): Either.Either<ReadonlyArray<TaskFact>, TaskRefused> => {
  if (command.do === "add") return add(state, command.drafts)
  const task = state.find(({ id }) => id === command.task)
  if (task === undefined)
    return refuse(`There is no task ${JSON.stringify(command.task)}.`, "List them: nexus task list")
  const { id, status } = task
  if ("reason" in command) {
    const reason = command.reason.trim()
    if (reason === "") return refuse("A reason is needed.", "Say what a person has to do.")
    if (status === "done" || status === "cancelled") return refuse(`${id} is ${status}.`, reopen(id))
    const type = command.do === "block" ? "TaskBlocked" : "TaskCancelled"
    return Either.right(
      status === "blocked" && type === "TaskBlocked" && task.reason === reason
        ? []
        : [{ type, payload: { task: id, reason } }]
    )
  }
  const waiting = waitsFor(state, task)
  if (waiting.length > 0 && status !== "done")
    return refuse(
      `${id} comes after ${waiting.map((one) => one.id).join(" and ")}, not done yet.`,
      "What can be done now: nexus task next"
    )
  if (command.do === "start")
    return Either.right(status === "started" ? [] : [{ type: "TaskStarted", payload: { task: id } }])
  if (status === "cancelled") return refuse(`${id} is cancelled.`, reopen(id))
  const missing = task.gates.filter((gate) => !command.passed.includes(gate))
  if (missing.length > 0 && status !== "done")
    return refuse(
      `${id} needs the gate ${missing.join(" and ")} to have passed on the tree as it is.`,
      `Run it: nexus gate run ${missing[0]}`
    )
  return Either.right(status === "done" ? [] : [{ type: "TaskCompleted", payload: { task: id } }])
}

const refuse = (reason: string, hint: string) => Either.left(new TaskRefused({ reason, hint }))

const reopen = (task: TaskId): string => `To take it up again: nexus task start ${task}`

const add = (state: State, drafts: ReadonlyArray<Draft>): Either.Either<ReadonlyArray<TaskFact>, TaskRefused> => {
  const ids = drafts.map((_, index) => TaskId.make(`T-${state.length + index + 1}`))
  const keys = new Map<string, number>()
  for (const [index, { key }] of drafts.entries()) {
    if (key === undefined) continue
    if (keys.has(key)) return refuse(`Two tasks are called ${JSON.stringify(key)}.`, "Give each an id of its own.")
    keys.set(key, index)
  }
  const facts: Array<TaskFact> = []
  for (const [index, draft] of drafts.entries()) {
    const { priority = defaultPriority, gates = [], origin } = draft
    const title = draft.title.replace(/\s+/g, " ").trim()
    if (title === "") return refuse("A task needs a title.", 'Such as: nexus task add "Write the parser"')
    if (title.length > 300)
      return refuse("A title has at most 300 characters.", "Put the rest into a file, and name it.")
    if (!Number.isInteger(priority) || priority < 0 || priority > 99)
      return refuse(`${priority} is no priority.`, "It is a whole number from 0 to 99; the highest comes first.")
    const after: Array<TaskId> = []
    for (const name of new Set(draft.after)) {
      const known = ids[keys.get(name) ?? -1] ?? state.find(({ id }) => id === name)?.id
      if (known === undefined)
        return refuse(
          `${JSON.stringify(title)} comes after ${JSON.stringify(name)}, which is no task.`,
          "List them: nexus task list"
        )
      after.push(known)
    }
    const task = ids[index] ?? TaskId.make("T-1")
    facts.push({
      type: "TaskAdded",
      payload: { task, title, priority, after, gates: [...new Set(gates)], ...(origin === undefined ? {} : { origin }) }
    })
  }
  const circle = circleIn(facts.reduce(evolve, state))
  return circle === undefined
    ? Either.right(facts)
    : refuse(`${circle.join(" comes after ")}: that is a circle.`, "Leave one of them out.")
}

/** Tasks that each come after the next, the last after the first; undefined where there are none. */
const circleIn = (state: State): ReadonlyArray<string> | undefined => {
  const tasks = new Map(state.map((task) => [task.id, task]))
  const finished = new Set<TaskId>()
  const path: Array<TaskId> = []
  const visit = (id: TaskId): ReadonlyArray<string> | undefined => {
    if (finished.has(id)) return undefined
    const start = path.indexOf(id)
    if (start >= 0) return [...path.slice(start), id].map((one) => JSON.stringify(tasks.get(one)?.title ?? one))
    path.push(id)
    for (const before of tasks.get(id)?.after ?? []) {
      const circle = visit(before)
      if (circle !== undefined) return circle
    }
    path.pop()
    finished.add(id)
    return undefined
  }
  for (const { id } of state) {
    const circle = visit(id)
    if (circle !== undefined) return circle
  }
  return undefined
}

/** The list after one more fact. */
export const evolve = (state: State, fact: TaskFact): State => {
  if (fact.type === "TaskAdded") {
    const { task, title, priority, after, gates, origin } = fact.payload
    return [...state, { id: task, title, priority, after, gates, origin, status: "open", reason: null }]
  }
  const reason = "reason" in fact.payload ? fact.payload.reason : null
  return state.map((task) =>
    task.id === fact.payload.task ? { ...task, status: statusAfter[fact.type], reason } : task
  )
}

const statusAfter = {
  TaskStarted: "started",
  TaskCompleted: "done",
  TaskBlocked: "blocked",
  TaskCancelled: "cancelled"
} as const

/** What has to be done before a task. What was cancelled holds nothing up. */
export const waitsFor = (state: State, task: Task): ReadonlyArray<Task> =>
  state.filter(({ id, status }) => task.after.includes(id) && status !== "done" && status !== "cancelled")

/** Still to be done, by whomever. */
export const isUnfinished = ({ status }: Task): boolean =>
  status === "open" || status === "started" || status === "blocked"

/** Tasks that can be worked on, the next first: what was begun, then the highest priority, then the oldest. */
export const ready = (state: State): ReadonlyArray<Task> =>
  state
    .filter((task) => (task.status === "open" || task.status === "started") && waitsFor(state, task).length === 0)
    .sort((a, b) => Number(b.status === "started") - Number(a.status === "started") || b.priority - a.priority)
