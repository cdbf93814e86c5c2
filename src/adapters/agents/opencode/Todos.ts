/** OpenCode's todos (1.18.33): the whole list each time, without ids, so that a todo's text is what names it. */
import type { JsonObject } from "../../../app/ports/Agent.ts"
import type { AgentList } from "../../../domain/boulder/Mirror.ts"
import { statusOf } from "../TaskStatus.ts"
import { isObject, listOf, textOf } from "../Payload.ts"
import { optional, short } from "../Wording.ts"
import { hookOf, propertiesOf } from "./Payload.ts"

const priorities: Readonly<Record<string, number>> = { high: 75, medium: 50, low: 25 }

export const listIn = (payload: JsonObject): AgentList | undefined =>
  hookOf(payload) !== "todo.updated"
    ? undefined
    : {
        isWhole: true,
        items: listOf(propertiesOf(payload)["todos"])
          .filter(isObject)
          .flatMap((todo) => {
            const text = textOf(todo["content"]) ?? ""
            const status = statusOf(textOf(todo["status"]))
            if (text === "" || status === undefined) return []
            const priority = priorities[textOf(todo["priority"]) ?? ""]
            return [{ task: short(text, 300), title: text, status, ...optional("priority", priority) }]
          })
      }
