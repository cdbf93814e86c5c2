/** Which calls of Claude Code 2.1.330 may change any file, and when they begin and end. */
import type { CallWindow, JsonObject } from "../../../app/ports/Agent.ts"
import { isObject, textOf } from "../Payload.ts"
import { optional } from "../Wording.ts"
import { hostOf } from "./Host.ts"

/** The edit tools tell what they write; of these nobody knows. `Monitor` runs a shell command, and announces it as `Bash`. */
const writers = /^(?:Bash|PowerShell|Monitor)$|^mcp__/

export const windowOf = (payload: JsonObject): CallWindow | undefined => {
  const event = textOf(payload["hook_event_name"])
  const session = textOf(payload["session_id"]) ?? ""
  if (event === "UserPromptSubmit") return notified(textOf(payload["prompt"]) ?? "", session)
  const tool = textOf(payload["tool_name"]) ?? ""
  const isStart = event === "PreToolUse"
  if (!(isStart || event === "PostToolUse" || event === "PostToolUseFailure") || !writers.test(tool)) return undefined
  const input = isObject(payload["tool_input"]) ? payload["tool_input"] : {}
  const response = isObject(payload["tool_response"]) ? payload["tool_response"] : {}
  const command = tool.startsWith("mcp__") ? undefined : textOf(input["command"])
  const subagent = textOf(payload["agent_id"]) ?? ""
  const goesOn =
    event === "PostToolUse" &&
    (input["run_in_background"] === true || textOf(response["backgroundTaskId"]) !== undefined || tool === "Monitor")
  return {
    ...optional("client", hostOf(payload)),
    session,
    call: textOf(payload["tool_use_id"]) ?? "",
    phase: isStart ? "start" : "end",
    tool,
    reach: "checkout",
    ...(command === undefined ? {} : { command }),
    ...(goesOn ? { background: true } : {}),
    ...(subagent === "" ? {} : { subagent })
  }
}

/** The client tells itself that what ran in the background has ended, and of which call it was. */
const notified = (prompt: string, session: string): CallWindow | undefined => {
  const call = /^<task-notification>[^]*?<tool-use-id>([\w.-]{1,128})<\/tool-use-id>/.exec(prompt.slice(0, 4096))?.[1]
  return call === undefined ? undefined : { session, call, phase: "end", tool: "Bash", reach: "checkout" }
}
