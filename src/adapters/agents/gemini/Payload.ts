/**
 * The fields of Gemini CLI's hook payloads, as of 0.61.0: its documentation, checked against payloads recorded from it
 * (test/fixtures/hooks/gemini).
 */
import { hash } from "node:crypto"
import type { JsonObject } from "../../../app/ports/Agent.ts"
import { knownFields } from "../Drift.ts"
import { firstText, isObject, objectOf, textOf } from "../Payload.ts"

const common = "session_id transcript_path cwd hook_event_name timestamp"

const tool = "tool_name tool_input tool_use_id mcp_context original_request_name"
const model = "llm_request"

/** Fields of each event beside the common ones. */
export const { isKnown, drift } = knownFields(common, {
  SessionStart: "source",
  SessionEnd: "reason",
  BeforeAgent: "prompt",
  AfterAgent: "prompt prompt_response stop_hook_active",
  BeforeModel: model,
  AfterModel: `${model} llm_response`,
  BeforeToolSelection: model,
  BeforeTool: tool,
  AfterTool: `${tool} tool_response`,
  PreCompress: "trigger",
  Notification: "notification_type message details"
})

/**
 * The id of a tool call. The client sends none, so it is made of what start and end of a call have in common: the tool, and
 * the file or command that it works on.
 */
export const callOf = (payload: JsonObject): string => {
  const given = textOf(payload["tool_use_id"])
  if (given !== undefined) return given
  const input = objectOf(payload["tool_input"])
  const about = firstText(input, ["file_path", "command", "dir_path", "path", "query", "prompt", "url"]) ?? ""
  return hash("sha256", `${textOf(payload["tool_name"]) ?? ""}\n${about}`).slice(0, 16)
}

/** Why a call failed; undefined when it did not. */
export const failureIn = (payload: JsonObject): string | undefined => {
  const error = objectOf(payload["tool_response"])["error"]
  if (error === undefined || error === null || error === false) return undefined
  return textOf(error) ?? (isObject(error) ? firstText(error, ["message", "type"]) : undefined) ?? "error"
}
