/**
 * The fields of Claude Code's hook payloads, as of 2.1.330: what Nexus knows of each event, so that it notices what it does
 * not know. Source: the client's own schemas, checked against payloads recorded from it (test/fixtures/claude).
 */
import { knownFields } from "../Drift.ts"

const common = "session_id transcript_path cwd hook_event_name prompt_id permission_mode agent_id agent_type effort"

const tool = "tool_name tool_input tool_use_id mcp_server"
const stop = "stop_hook_active last_assistant_message background_tasks session_crons"

/** Fields of each event beside the common ones. */
const extra: Readonly<Record<string, string>> = {
  SessionStart:
    "source model session_title seconds_since_last_response context_tokens prompt_cache_likely_expired estimated_cache_write_usd",
  SessionEnd: "reason",
  UserPromptSubmit: "prompt source session_title",
  UserPromptExpansion: "expansion_type command_name command_args command_source prompt",
  PreToolUse: tool,
  PostToolUse: `${tool} tool_response duration_ms`,
  PostToolUseFailure: `${tool} error is_interrupt duration_ms`,
  PostToolBatch: "tool_calls",
  Stop: stop,
  SubagentStop: `${stop} agent_transcript_path`,
  StopFailure: "error error_details last_assistant_message",
  SubagentStart: "",
  PreCompact: "trigger custom_instructions",
  PostCompact: "trigger compact_summary",
  PreModelSwitch: "from_model to_model reason",
  PostModelSwitch: "from_model to_model reason",
  Notification: "message title notification_type",
  TaskCreated: "task_id task_subject task_description teammate_name team_name",
  TaskCompleted: "task_id task_subject task_description teammate_name team_name",
  TeammateIdle: "teammate_name team_name",
  WorktreeCreate: "name",
  WorktreeRemove: "worktree_path",
  ConfigChange: "source file_path",
  InstructionsLoaded: "file_path memory_type load_reason globs trigger_file_path parent_file_path",
  CwdChanged: "old_cwd new_cwd",
  FileChanged: "file_path event",
  DirectoryAdded: "directory source",
  PermissionRequest: "tool_name tool_input permission_suggestions tool_use_id",
  PermissionDenied: "tool_name tool_input reason tool_use_id",
  Setup: "trigger",
  Elicitation: "mcp_server_name message mode requested_schema url elicitation_id",
  ElicitationResult: "mcp_server_name action content elicitation_id mode",
  MessageDisplay: "turn_id message_id index final delta"
}

export const { isKnown, drift } = knownFields(common, extra)
