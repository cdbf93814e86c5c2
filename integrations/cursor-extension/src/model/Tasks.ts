/** The tree of tasks, from `nexus task list --all --json`. Pure. */
import { type Json, listOf, numberOf, objectOf, textOf, textsOf } from "./Json.ts"

export interface TaskNode {
  readonly id: string
  readonly label: string
  readonly description: string
  /** Lines of plain text. */
  readonly tooltip: ReadonlyArray<string>
  /** Of the editor. */
  readonly icon: string
  readonly children: ReadonlyArray<TaskNode>
  readonly isOpen: boolean
}

const icons: Readonly<Record<string, string>> = {
  open: "circle-large-outline",
  started: "play-circle",
  blocked: "error",
  done: "pass",
  cancelled: "circle-slash"
}

/** Groups of tasks that are not empty: what is to be done, in the order in which it comes, what is blocked, what is over. */
export const treeOf = (answer: unknown): ReadonlyArray<TaskNode> => {
  const tasks = listOf(objectOf(answer)["items"])
  const having = (...statuses: ReadonlyArray<string>) =>
    tasks.filter(({ status }) => statuses.includes(textOf(status) ?? ""))
  return [
    group("To do", having("open", "started").toSorted(comesFirst), true),
    group("Blocked", having("blocked"), true),
    group("Done", having("done", "cancelled"), false)
  ].filter(({ children }) => children.length > 0)
}

const group = (label: string, tasks: ReadonlyArray<Json>, isOpen: boolean): TaskNode => ({
  id: label,
  label,
  description: String(tasks.length),
  tooltip: [],
  icon: "",
  children: tasks.map(nodeOf),
  isOpen
})

/** As `nexus task next` has it: what was begun, then the highest priority, then the oldest; what waits comes last. */
const comesFirst = (a: Json, b: Json): number =>
  rank(a) - rank(b) ||
  (numberOf(b["priority"]) ?? 0) - (numberOf(a["priority"]) ?? 0) ||
  (textOf(a["id"]) ?? "").localeCompare(textOf(b["id"]) ?? "", "en", { numeric: true })

const rank = (task: Json): number => (task["status"] === "started" ? 0 : textsOf(task["waits"]).length === 0 ? 1 : 2)

const nodeOf = (task: Json): TaskNode => {
  const id = textOf(task["id"]) ?? ""
  const status = textOf(task["status"]) ?? ""
  const reason = textOf(task["reason"])
  const waits = textsOf(task["waits"])
  const gates = textsOf(task["gates"])
  const origin = textOf(task["origin"])
  const isUnfinished = status === "open" || status === "started"
  const remark = reason ?? (isUnfinished && waits.length > 0 ? `after ${waits.join(", ")}` : "")
  return {
    id,
    label: textOf(task["title"]) ?? id,
    description: [id, ...(remark === "" ? [] : [remark])].join(" · "),
    tooltip: [
      `${id}: ${status}, priority ${numberOf(task["priority"]) ?? "?"}`,
      ...(remark === "" ? [] : [remark]),
      ...(gates.length === 0 ? [] : [`Gates: ${gates.join(", ")}`]),
      ...(origin === undefined ? [] : [`From ${origin}`])
    ],
    icon: icons[status] ?? "question",
    children: [],
    isOpen: false
  }
}
