/** Claude Code's own lists of tasks: TaskCreate and TaskUpdate of 2.1.330 (with CLAUDE_CODE_ENABLE_TODO_TOOLS=1), TodoWrite before. */
import type { JsonObject } from "../../../app/ports/Agent.ts"
import type { AgentList, AgentTask } from "../../../domain/boulder/Mirror.ts"
import { statusOf } from "../TaskStatus.ts"
import { isObject, listOf, objectOf, textOf } from "../Payload.ts"
import { optional, short } from "../Wording.ts"

export const listIn = (payload: JsonObject): AgentList | undefined => {
  const event = textOf(payload["hook_event_name"])
  const input = objectOf(payload["tool_input"])
  if (event === "TaskCreated" || event === "TaskCompleted")
    return one(textOf(payload["task_id"]), textOf(payload["task_subject"]), event === "TaskCreated" ? "open" : "done")
  if (event !== "PostToolUse") return undefined
  switch (payload["tool_name"]) {
    case "TaskUpdate": {
      const status = statusOf(textOf(input["status"]))
      return status === undefined ? undefined : one(textOf(input["taskId"]), textOf(input["subject"]), status)
    }
    case "TodoWrite":
      return {
        isWhole: true,
        items: listOf(input["todos"])
          .filter(isObject)
          .flatMap((todo) => {
            const text = textOf(todo["content"]) ?? ""
            const status = statusOf(textOf(todo["status"]))
            return text === "" || status === undefined ? [] : [{ task: short(text, 300), title: text, status }]
          })
      }
    default:
      return undefined
  }
}

const one = (id: string | undefined, title: string | undefined, status: AgentTask["status"]): AgentList | undefined =>
  id === undefined || id === ""
    ? undefined
    : { isWhole: false, items: [{ task: short(id, 128), status, ...optional("title", title) }] }
