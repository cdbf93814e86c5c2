/** What a plugin of OpenCode (1.18.33) hands on, in the domain's words. */
import * as Effect from "effect/Effect"
import type { Json, JsonObject, PayloadRefused, Reading } from "../../../app/ports/Agent.ts"
import type { SessionFact } from "../../../domain/Session.ts"
import * as Facts from "../Facts.ts"
import { identify, onceFor } from "../Identity.ts"
import { firstText, isObject, listOf, objectOf, textOf } from "../Payload.ts"
import { optional, short, targetOf } from "../Wording.ts"
import { callIn, folderOf, hookOf, infoOf, isFailure, modelIn, partOf, propertiesOf, sessionsOf } from "./Payload.ts"
import { listIn } from "./Todos.ts"

export const agentName = "opencode"

const client = { name: agentName, client: "OpenCode", fields: { hook: "hook", session: "sessionID" } }

export const read = (payload: JsonObject): Effect.Effect<Reading, PayloadRefused> =>
  Effect.gen(function* () {
    const hook = hookOf(payload)
    const { id, parent } = sessionsOf(payload)
    // The client's start, its configuration and the like are no part of any conversation.
    if (hook !== "" && id === "") return { session: null, cwd: folderOf(payload) ?? "", facts: [], drift: [] }
    const { session } = yield* identify(client, hook, parent ?? id)
    const subagent = parent === undefined ? undefined : short(id, 128)
    const model = modelOf(hook, payload)
    return {
      session,
      cwd: folderOf(payload) ?? "",
      facts: factsOf(hook, payload, subagent),
      ...promptOf(hook, payload, subagent !== undefined),
      // A subagent's list is its own affair, and would take the place of the conversation's.
      ...optional("tasks", subagent === undefined ? listIn(payload) : undefined),
      ...(subagent === undefined ? usageOf(hook, payload) : {}),
      ...onceFor(hook, deliveryOf(hook, payload)),
      ...(subagent === undefined ? {} : { subagent, ...optional("subagentModel", model) }),
      ...(model === undefined || subagent !== undefined ? {} : { model: { name: model, evidence: "hook" as const } }),
      drift: []
    }
  })

/** The hooks around a tool call do not name the model; those around a message do. */
const modelOf = (hook: string, payload: JsonObject): string | undefined => {
  const output = objectOf(payload["output"])
  const sources: ReadonlyArray<JsonObject> =
    hook === "chat.message"
      ? [objectOf(objectOf(output["message"])["model"]), objectOf(objectOf(payload["input"])["model"])]
      : hook === "chat.params"
        ? [objectOf(objectOf(payload["input"])["model"])]
        : hook === "message.updated"
          ? [objectOf(infoOf(payload)["model"]), infoOf(payload)]
          : []
  const found = sources.map(modelIn).find((name) => name !== undefined)
  return found === undefined ? undefined : short(found, 200)
}

/** What a subagent is told, its caller said. */
const promptOf = (hook: string, payload: JsonObject, isOfSubagent: boolean): Pick<Reading, "prompt"> => {
  if (hook !== "chat.message") return {}
  const { message, parts } = objectOf(payload["output"])
  const texts = listOf(parts)
    .filter(isObject)
    // The client adds parts of its own: what it read from files that were named, reminders.
    .flatMap((part) => (part["type"] === "text" && part["synthetic"] !== true ? (textOf(part["text"]) ?? []) : []))
  const id = textOf(objectOf(message)["id"])
  return {
    prompt: {
      text: texts.join("\n"),
      by: isOfSubagent || texts.length === 0 ? "machine" : "human",
      ...optional("id", id === undefined ? undefined : short(id, 128))
    }
  }
}

const deliveryOf = (hook: string, payload: JsonObject): string | undefined => {
  switch (hook) {
    case "tool.execute.before":
    case "tool.execute.after":
      return callIn(payload).id
    case "chat.message":
      return textOf(objectOf(objectOf(payload["output"])["message"])["id"])
    default:
      return textOf(objectOf(payload["input"])["id"])
  }
}

const factsOf = (hook: string, payload: JsonObject, subagent: string | undefined): ReadonlyArray<SessionFact> => {
  const properties = propertiesOf(payload)
  switch (hook) {
    case "session.created": {
      const info = infoOf(payload)
      if (subagent !== undefined) return [Facts.subagentStarted(subagent, textOf(info["agent"]) ?? "")]
      return [Facts.sessionStarted({ agent: agentName, source: "startup", cwd: folderOf(payload) ?? "" })]
    }
    case "session.deleted":
      return [Facts.sessionEnded("deleted")]
    case "chat.message":
      return []
    case "tool.execute.before":
      return [Facts.toolStarted(toolOf(payload, subagent))]
    case "tool.execute.after":
      return [Facts.toolCompleted(toolOf(payload, subagent))]
    case "session.idle":
      return subagent === undefined
        ? [Facts.stopObserved(false, textOf(payload["message"]), childrenOf(payload))]
        : [Facts.subagentStopped(subagent, "", undefined)]
    case "session.error": {
      const error = objectOf(properties["error"])
      const message = textOf(objectOf(error["data"])["message"])
      return [Facts.stopFailed(textOf(error["name"]) ?? "", message)]
    }
    case "session.compacted":
      return [Facts.compactionCompleted("")]
    case "message.part.updated":
      return [
        isFailure(payload) ? failureOf(payload, subagent) : Facts.hookReceived(hook, textOf(partOf(payload)["type"]))
      ]
    default:
      return [Facts.hookReceived(hook, detailOf(payload))]
  }
}

const failureOf = (payload: JsonObject, subagent: string | undefined): SessionFact =>
  Facts.toolFailed(toolOf(payload, subagent), textOf(objectOf(partOf(payload)["state"])["error"]) ?? "")

/** Of a stop, how many of the sessions that work for this one are still at it. */
const childrenOf = (payload: JsonObject): number => {
  const { children } = objectOf(payload["signal"])
  return typeof children === "number" && Number.isInteger(children) && children > 0 ? children : 0
}

/** What the session has used so far, as the client sums it up; the plugin hands it on when the session is idle. */
const usageOf = (hook: string, payload: JsonObject): Pick<Reading, "usage"> => {
  if (hook !== "session.idle" || !isObject(payload["tokens"])) return {}
  const { input, output, reasoning, cache } = payload["tokens"]
  const { read, write } = objectOf(cache)
  const lastMessage = textOf(objectOf(payload["signal"])["turn"])
  return {
    usage: {
      inputTokens: countOf(input),
      outputTokens: countOf(output) + countOf(reasoning),
      cacheReadTokens: countOf(read),
      cacheWriteTokens: countOf(write),
      messages: countOf(payload["messages"]),
      offset: 0,
      ...optional("lastMessage", lastMessage === undefined ? undefined : short(lastMessage, 128))
    }
  }
}

const countOf = (value: Json | undefined): number =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0

const toolOf = (payload: JsonObject, subagent: string | undefined) => {
  const { id, tool, args } = callIn(payload)
  return Facts.toolCall({ call: id, tool, target: targetOf(args), subagent })
}

const detailOf = (payload: JsonObject): string | undefined =>
  firstText(propertiesOf(payload), ["file", "branch", "command"]) ?? textOf(objectOf(payload["input"])["command"])
