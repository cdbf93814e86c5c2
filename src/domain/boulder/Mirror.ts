/** An agent's own list of tasks, kept in step in the project's: what it adds, begins, finishes and takes off. */
import type { SessionId } from "../Ids.ts"
import { TaskId } from "./TaskEvents.ts"
import { defaultPriority, evolve, isUnfinished, type State, type TaskFact } from "./Tasks.ts"

export interface AgentTask {
  /** The client's id of it, or its text where it has none. */
  readonly task: string
  /** Left out where the client tells only what became of it. */
  readonly title?: string
  readonly status: "open" | "started" | "done" | "cancelled"
  readonly priority?: number
}

/** `isWhole`: what is not in it is not on the agent's list any more. */
export interface AgentList {
  readonly items: ReadonlyArray<AgentTask>
  readonly isWhole: boolean
}

/** The facts that bring the project's tasks in step with what a conversation's list says. */
export const mirror = (state: State, session: SessionId, { items, isWhole }: AgentList): ReadonlyArray<TaskFact> => {
  const facts: Array<TaskFact> = []
  let now = state
  const record = (fact: TaskFact): void => {
    facts.push(fact)
    now = evolve(now, fact)
  }
  const ofSession = () => now.filter(({ origin }) => origin?.session === session)
  for (const { task: name, title, status, priority = defaultPriority } of items) {
    const known = ofSession().find(({ origin }) => origin?.task === name)
    const line = title?.replace(/\s+/g, " ").trim().slice(0, longest)
    // What is over before it was ever on the list, or has no words, is nothing to do.
    if (known === undefined && (line === undefined || line === "" || status === "cancelled")) continue
    const id = known?.id ?? TaskId.make(`T-${now.length + 1}`)
    if (known === undefined && line !== undefined)
      record({
        type: "TaskAdded",
        payload: { task: id, title: line, priority, after: [], gates: [], origin: { session, task: name } }
      })
    const before = known?.status ?? "open"
    if (status === "done" && before !== "done") record({ type: "TaskCompleted", payload: { task: id } })
    if (status === "cancelled" && before !== "cancelled") record(takenOff(id))
    const isOver = before === "done" || before === "cancelled"
    if (status === "started" ? before !== "started" : status === "open" && isOver)
      record({ type: "TaskStarted", payload: { task: id } })
  }
  if (isWhole)
    for (const task of ofSession())
      if (isUnfinished(task) && items.every((item) => item.task !== task.origin?.task)) record(takenOff(task.id))
  return facts
}

/** Characters of a title; see `Tasks.decide`. */
const longest = 300

const takenOff = (task: TaskId): TaskFact => ({
  type: "TaskCancelled",
  payload: { task, reason: "The agent took it off its list." }
})
