/**
 * What Nexus registers with Claude Code: which of its hook events, with which matcher, and whether the client waits.
 *
 * Source: Claude Code 2.1.330 (the event list, the hook entry and the matcher rules are read from its binary).
 */
import type { AgentHooks } from "../hooks/AgentHooks.ts"
import type { HookCommands } from "../hooks/HookCommands.ts"
import type { HookPlan } from "../hooks/HookSettings.ts"
import { silenced } from "./Presence.ts"
import { groupOf, planOf, type Route, type Split } from "../hooks/Routes.ts"
import { textOf } from "../Payload.ts"
import { longestRun } from "../../../domain/boulder/Limits.ts"

/**
 * Tools whose effect Nexus must have on record before the agent goes on: shells and MCP servers.
 *
 * A matcher with any character outside `[A-Za-z0-9_|, -]` is an unanchored regular expression, and it is also tried on a
 * tool's former names (Claude Code 2.1.330). So the ends are written out: a bare `Bash|PowerShell|mcp__.*` would also
 * take `TaskStop`, whose former name is `KillBash`, and that tool would then be recorded twice.
 */
export const shellToolsMatcher = "^(Bash|PowerShell)$|^mcp__"

/** Every tool that `shellToolsMatcher` does not match: its exact complement. */
export const otherToolsMatcher = "^(?!(Bash|PowerShell)$|mcp__).*"

const byTool: Split = { acknowledge: shellToolsMatcher, capture: otherToolsMatcher }

/** A session that goes on is told where it was; others begin afresh. Tried on the field `source`. */
export const bySource: Split = { acknowledge: "compact|resume", capture: "^(?!(compact|resume)$).*" }

/** The 33 events of Claude Code 2.1.330 in its own order, and what Nexus does with each. */
export const eventRoutes = {
  PreToolUse: byTool,
  PostToolUse: byTool,
  PostToolUseFailure: byTool,
  PostToolBatch: "capture",
  Notification: "capture",
  UserPromptSubmit: "capture",
  UserPromptExpansion: "capture",
  SessionStart: bySource,
  SessionEnd: "capture",
  Stop: "acknowledge",
  StopFailure: "acknowledge",
  SubagentStart: "capture",
  SubagentStop: "acknowledge",
  PreCompact: "capture",
  PostCompact: "capture",
  PreModelSwitch: "capture",
  PostModelSwitch: "capture",
  PermissionRequest: "capture",
  PermissionDenied: "capture",
  Setup: "capture",
  TeammateIdle: "capture",
  TaskCreated: "capture",
  TaskCompleted: "capture",
  Elicitation: "capture",
  ElicitationResult: "capture",
  ConfigChange: "capture",
  // A WorktreeCreate hook replaces Claude Code's own worktree creation: it must print a path, or creation fails.
  WorktreeCreate: "left out",
  // The other half of the same takeover: only whoever made the worktree by a hook has to remove it by one.
  WorktreeRemove: "left out",
  InstructionsLoaded: "capture",
  CwdChanged: "capture",
  // Fires only for the file names in its matcher, and Nexus has no fixed list of names to watch.
  FileChanged: "left out",
  DirectoryAdded: "capture",
  // Fires on every flush of streamed text: one process start each, for text that the transcript holds anyway.
  MessageDisplay: "left out"
} as const satisfies Record<string, Route>

/** What to register. `timeout` is in seconds; Claude Code's own default is 600. */
export const hookPlan = (commands: HookCommands): HookPlan => {
  const group = groupOf({ timeout: 10 })
  return {
    ...planOf(eventRoutes, commands, group),
    Notification: [group(commands.capture, "^(?!idle_prompt$).*"), groupOf(waking)(commands.wake, "idle_prompt")]
  }
}

/**
 * A hook that runs on in the background and, where it ends with code 2, wakes the conversation with what it said on stderr.
 * Without `async`, `claude -p` would wait for it. Whoever waits for a person waits as long as a run lasts at the most.
 */
const waking = {
  timeout: longestRun / 1000,
  async: true,
  asyncRewake: true,
  rewakeMessage: "Nexus: what this conversation waited for has come.",
  rewakeSummary: "Nexus: what it waited for has come"
}

const byToolEvents = new Set([
  "PreToolUse",
  "PostToolUse",
  "PostToolUseFailure",
  "PermissionRequest",
  "PermissionDenied"
])

export const claudeHooks: AgentHooks = {
  agent: "claude",
  client: "Claude Code",
  layout: "groups",
  top: {},
  options: [],
  names: true,
  subjectOf: (event, payload) => {
    if (event === "SessionStart") return textOf(payload["source"]) ?? ""
    if (event === "Notification") return textOf(payload["notification_type"]) ?? ""
    return byToolEvents.has(event) ? (textOf(payload["tool_name"]) ?? "") : undefined
  },
  file: (scope) => (scope === "shared" ? ".claude/settings.json" : ".claude/settings.local.json"),
  plan: hookPlan,
  off: { keys: ["disableAllHooks"], value: true },
  silenced,
  bypass: "Was it started with --bare, --settings or by another program? Otherwise look at /hooks in Claude Code."
}
