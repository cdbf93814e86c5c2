/**
 * What Nexus registers with Cursor. Source: cursor.com/docs/hooks, and the executor in @cursor/sdk 1.0.32, for which a file is
 * void as a whole if it names an event that it does not know: so only those are in it that Nexus reads.
 */
import { defaultLimits } from "../../../domain/boulder/Limits.ts"
import type { AgentHooks } from "../hooks/AgentHooks.ts"
import { planOf, type Route, type Split } from "../hooks/Routes.ts"
import { textOf } from "../Payload.ts"

/** Shells, servers, and the tools that change files, whose contents are looked up on the disk. */
const writers = "(Shell|Bash|PowerShell|Write|StrReplace|Delete|ApplyPatch|Edit|MultiEdit)$|MCP:|mcp__"
const byTool: Split = { acknowledge: `^(${writers})`, capture: `^(?!${writers}).*` }

const routes: Readonly<Record<string, Route>> = {
  sessionStart: "capture",
  sessionEnd: "capture",
  beforeSubmitPrompt: "capture",
  preToolUse: byTool,
  postToolUse: byTool,
  postToolUseFailure: byTool,
  afterFileEdit: "acknowledge",
  afterTabFileEdit: "acknowledge",
  stop: "acknowledge",
  subagentStart: "capture",
  subagentStop: "acknowledge",
  preCompact: "capture"
}

/** The client counts continuations itself, and no longer asks from this number on; without one, it is five. */
const counted = new Set(["stop", "subagentStop"])

export const cursorHooks: AgentHooks = {
  agent: "cursor",
  client: "Cursor",
  layout: "flat",
  top: { version: 1 },
  options: [],
  names: false,
  subjectOf: (event, payload) => (/ToolUse/.test(event) ? textOf(payload["tool_name"]) : undefined),
  file: () => ".cursor/hooks.json",
  plan: (commands, { continuations = defaultLimits.sinceHuman }) =>
    planOf(routes, commands, (command, matcher, event) => ({
      command,
      ...(matcher === undefined ? {} : { matcher }),
      // In seconds.
      timeout: 10,
      // One more, so that the last word is Nexus' own.
      ...(counted.has(event) ? { loop_limit: continuations + 1 } : {})
    }))
}
