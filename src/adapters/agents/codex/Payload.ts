/**
 * The fields of Codex's hook payloads, and the tool calls in them, as of codex-cli 0.169.0: its generated schema, and payloads
 * recorded from it (test/fixtures/hooks/codex).
 */
import type { JsonObject } from "../../../app/ports/Agent.ts"
import { knownFields } from "../Drift.ts"
import { envelopeIn } from "../Envelope.ts"
import { isObject, listOf, objectOf, textOf } from "../Payload.ts"

const common =
  "session_id turn_id transcript_path cwd hook_event_name model permission_mode agent_id agent_type thread_id thread-id"

const tool = "tool_name tool_input tool_use_id"
const stop = "stop_hook_active last_assistant_message"

/** Fields of each event beside the common ones. */
export const { isKnown, drift } = knownFields(common, {
  SessionStart: "source",
  SessionEnd: "reason",
  UserPromptSubmit: "prompt",
  PreToolUse: tool,
  PostToolUse: `${tool} tool_response`,
  PermissionRequest: `${tool} permission_suggestions`,
  PreCompact: "trigger custom_instructions",
  PostCompact: "trigger",
  SubagentStart: "",
  SubagentStop: `${stop} agent_transcript_path`,
  Stop: stop,
  Interrupt: "reason"
})

export interface Call {
  readonly tool: string
  readonly input: JsonObject
  /** The envelope of an `apply_patch`. */
  readonly envelope?: string
}

/** The calls of a payload: one, or those that Codex runs at once. */
export const callsIn = (payload: JsonObject): ReadonlyArray<Call> => {
  const tool = toolName(textOf(payload["tool_name"]) ?? "")
  const input = payload["tool_input"]
  if (tool === "multi_tool_use.parallel") {
    return listOf(objectOf(input)["tool_uses"])
      .filter(isObject)
      .map((use) => callOf(toolName(textOf(use["recipient_name"]) ?? ""), use["parameters"]))
  }
  return tool === "" ? [] : [callOf(tool, input)]
}

const callOf = (tool: string, input: JsonObject[string] | undefined): Call => {
  const envelope = tool === "apply_patch" ? envelopeIn(input) : undefined
  return { tool, input: objectOf(input), ...(envelope === undefined ? {} : { envelope }) }
}

/** Models name tools with their namespace now and then. */
const toolName = (name: string): string => name.replace(/^functions\./, "")

const shells = new Set(["Bash", "PowerShell", "shell", "shell_command", "exec_command", "local_shell", "unified_exec"])

/** Whether it may change any file: a shell, or a server. */
export const reachesAll = (tool: string): boolean => shells.has(tool) || tool.startsWith("mcp__")

/** Why a call failed, in Codex's words; undefined when it did not, or does not say. */
export const failureIn = (payload: JsonObject): string | undefined => {
  const response = payload["tool_response"]
  const told = parsedObject(textOf(response) ?? "") ?? objectOf(response)
  const output = textOf(told["output"]) ?? textOf(response) ?? ""
  const exit = objectOf(told["metadata"])["exit_code"]
  if (typeof exit === "number") return exit === 0 ? undefined : output
  const patches = callsIn(payload).some(({ envelope }) => envelope !== undefined)
  return patches && /^(?:apply_patch verification failed|failed to|error:)/i.test(output) ? output : undefined
}

const parsedObject = (text: string): JsonObject | undefined => {
  if (!text.startsWith("{")) return undefined
  try {
    return objectOf(JSON.parse(text) as JsonObject)
  } catch {
    return undefined
  }
}
