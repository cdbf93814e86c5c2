/**
 * The fields of Cursor's hook payloads (its documentation, and the executor in @cursor/sdk 1.0.32), in its own form and in
 * that of the Claude Code hooks which it runs as well: the same events and tools, under the other's names.
 */
import { hash } from "node:crypto"
import type { Json, JsonObject } from "../../../app/ports/Agent.ts"
import { knownFields } from "../Drift.ts"
import { envelopeIn } from "../Envelope.ts"
import { firstText, listOf, objectOf, textOf } from "../Payload.ts"

const common =
  "conversation_id generation_id model model_id model_params session_id hook_event_name cursor_version workspace_roots user_email transcript_path cwd"

const tool = "tool_name tool_input tool_use_id parent_tool_call_id agent_message"
const tokens = "input_tokens output_tokens cache_read_tokens cache_write_tokens"
const subagent =
  "subagent_id subagent_type parent_conversation_id task description git_branch is_parallel_worker tool_call_id subagent_model"

/** Fields of each event beside the common ones. */
export const { isKnown, drift } = knownFields(common, {
  sessionStart: "is_background_agent composer_mode source",
  sessionEnd: "reason duration_ms is_background_agent final_status error_message",
  beforeSubmitPrompt: "prompt attachments composer_mode",
  preToolUse: tool,
  postToolUse: `${tool} tool_output tool_response duration`,
  postToolUseFailure: `${tool} error_message error failure_type is_interrupt duration`,
  beforeShellExecution: "command sandbox",
  afterShellExecution: "command output duration sandbox exit_code",
  beforeMCPExecution: "tool_name tool_input url command",
  afterMCPExecution: "tool_name tool_input result_json duration",
  beforeReadFile: "file_path content attachments",
  beforeTabFileRead: "file_path content",
  afterFileEdit: "file_path edits",
  afterTabFileEdit: "file_path edits",
  afterAgentResponse: `text ${tokens}`,
  afterAgentThought: "text duration_ms",
  stop: `status loop_count ${tokens} stop_hook_active`,
  subagentStart: subagent,
  subagentStop: `${subagent} status duration_ms summary message_count tool_call_count error_message modified_files loop_count agent_transcript_path`,
  preCompact:
    "trigger context_usage_percent context_tokens context_window_size message_count messages_to_compact is_first_compaction",
  workspaceOpen: ""
})

const claudeEvents = new Map([
  ["UserPromptSubmit", "beforeSubmitPrompt"],
  ["PreToolUse", "preToolUse"],
  ["PostToolUse", "postToolUse"],
  ["PostToolUseFailure", "postToolUseFailure"],
  ["Stop", "stop"],
  ["SubagentStart", "subagentStart"],
  ["SubagentStop", "subagentStop"],
  ["SessionStart", "sessionStart"],
  ["SessionEnd", "sessionEnd"],
  ["PreCompact", "preCompact"]
])

/** The event under Cursor's own name. */
export const eventOf = (payload: JsonObject): string => {
  const event = textOf(payload["hook_event_name"]) ?? ""
  return claudeEvents.get(event) ?? event
}

/** Completions may come without a conversation: they are one of their own. */
export const conversationOf = (payload: JsonObject): string =>
  firstText(payload, ["conversation_id", "session_id"]) ?? (eventOf(payload) === "afterTabFileEdit" ? "tab" : "")

/** On Windows it may write `/c:/folder` for `C:/folder`. */
export const pathOf = (path: string): string =>
  path.replace(/^\/([A-Za-z]):\//, (_, drive: string) => `${drive.toUpperCase()}:/`)

export const inputOf = (payload: JsonObject): JsonObject => {
  const input = payload["tool_input"]
  if (typeof input !== "string") return objectOf(input)
  try {
    return objectOf(JSON.parse(input) as Json)
  } catch {
    // A patch may come bare.
    return { patch: input }
  }
}

export const fileOf = (input: JsonObject): string | undefined => {
  const path = firstText(input, ["file_path", "path", "filePath", "target_file"])
  return path === undefined ? undefined : pathOf(path)
}

export const patchOf = (payload: JsonObject): string | undefined => envelopeIn(inputOf(payload))

/** The folder that a payload is about: that of the workspace's folders which holds its file, else the first of them. */
export const folderOf = (payload: JsonObject): string | undefined => {
  const roots = listOf(payload["workspace_roots"]).flatMap((root) => (typeof root === "string" ? [pathOf(root)] : []))
  const file = fileOf(payload) ?? fileOf(inputOf(payload))
  const holds = (root: string) => file === root || file?.startsWith(`${root.replace(/\/$/, "")}/`) === true
  const folder = textOf(payload["cwd"])
  return roots.find(holds) ?? (folder === undefined || folder === "" ? roots[0] : pathOf(folder))
}

/** A word for a change, the same from each hook that tells it: the turn, the file, and what it became or how. */
export const changeWord = (payload: JsonObject, file: string, content: Buffer | string): string =>
  hash("sha256", Buffer.concat([Buffer.from(`${turnOf(payload)}\n${file}\n`), Buffer.from(content)]))

const turnOf = (payload: JsonObject): string => firstText(payload, ["generation_id", "prompt_id"]) ?? ""
