/**
 * What a plugin of OpenCode (1.18.33) hands on: `{hook, input, output, directory}`, where `hook` is the name of the plugin's
 * hook and `input` and `output` are its arguments; of an event of the bus, `hook` is `event` or `event:<type>` and `input` is
 * the event. Checked against what was recorded from it (test/fixtures/hooks/opencode).
 */
import type { JsonObject } from "../../../app/ports/Agent.ts"
import { firstText, objectOf, textOf } from "../Payload.ts"

/** The hook, or the type of the bus event. */
export const hookOf = (payload: JsonObject): string => {
  const hook = textOf(payload["hook"]) ?? ""
  if (hook !== "event") return hook.replace(/^event:/, "")
  return textOf(eventIn(payload)["type"]) ?? hook
}

/** A plugin is given `{event}`; it may hand on that or the event itself. */
const eventIn = (payload: JsonObject): JsonObject => {
  const input = objectOf(payload["input"])
  return input["event"] === undefined ? input : objectOf(input["event"])
}

export const propertiesOf = (payload: JsonObject): JsonObject => objectOf(eventIn(payload)["properties"])

export const infoOf = (payload: JsonObject): JsonObject => objectOf(propertiesOf(payload)["info"])

/**
 * The session that acted. Of the creation of a subagent's session, `parent` is the session that it works for; of what
 * happens in it afterwards only where the plugin hands on a `parentID`.
 */
export const sessionsOf = (payload: JsonObject): { readonly id: string; readonly parent: string | undefined } => {
  const input = objectOf(payload["input"])
  const message = objectOf(objectOf(payload["output"])["message"])
  const properties = propertiesOf(payload)
  const info = infoOf(payload)
  const created = hookOf(payload).startsWith("session.")
  return {
    id:
      textOf(input["sessionID"]) ??
      textOf(properties["sessionID"]) ??
      textOf(message["sessionID"]) ??
      firstText(info, ["sessionID", "id"]) ??
      textOf(partOf(payload)["sessionID"]) ??
      "",
    parent: textOf(payload["parentID"]) ?? (created ? textOf(info["parentID"]) : undefined)
  }
}

/** `provider/model`, as models.dev names it. */
export const modelIn = (model: JsonObject): string | undefined => {
  const provider = textOf(model["providerID"])
  const name = firstText(model, ["modelID", "id"])
  return provider === undefined || name === undefined ? undefined : `${provider}/${name}`
}

export const folderOf = (payload: JsonObject): string | undefined => {
  const info = infoOf(payload)
  return (
    firstText(payload, ["directory", "cwd"]) ??
    textOf(info["directory"]) ??
    textOf(objectOf(info["path"])["cwd"]) ??
    textOf(objectOf(payload["input"])["cwd"])
  )
}

/** The part of a message that an event of the bus tells of. */
export const partOf = (payload: JsonObject): JsonObject => objectOf(propertiesOf(payload)["part"])

/** Whether this tells of a tool that failed: no hook runs after such a one. */
export const isFailure = (payload: JsonObject): boolean =>
  hookOf(payload) === "message.part.updated" &&
  partOf(payload)["type"] === "tool" &&
  objectOf(partOf(payload)["state"])["status"] === "error"

/** A tool call at its start or end: `tool.execute.before` and `tool.execute.after`, or the part of one that failed. */
export interface Call {
  readonly tool: string
  readonly id: string
  readonly args: JsonObject
  readonly metadata: JsonObject
}

export const callIn = (payload: JsonObject): Call => {
  const input = objectOf(payload["input"])
  const output = objectOf(payload["output"])
  const part = partOf(payload)
  return {
    tool: textOf(input["tool"]) ?? textOf(part["tool"]) ?? "",
    id: textOf(input["callID"]) ?? textOf(part["callID"]) ?? "",
    args: objectOf(input["args"] ?? output["args"] ?? objectOf(part["state"])["input"]),
    metadata: objectOf(output["metadata"])
  }
}
