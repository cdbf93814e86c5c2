/**
 * What Nexus registers with Gemini CLI, each hook of which is a process: not those around the model's single answers. Source:
 * Gemini CLI 0.61.0.
 */
import type { AgentHooks } from "../hooks/AgentHooks.ts"
import { groupOf, planOf, type Route, type Split } from "../hooks/Routes.ts"
import { textOf } from "../Payload.ts"

/** Its file tools say what they write; of shells and servers nobody knows. A server's tools are all named `mcp_…`. */
const byTool: Split = {
  acknowledge: "^run_shell_command$|^mcp_",
  capture: "^(?!run_shell_command$|mcp_).*"
}

const routes: Readonly<Record<string, Route>> = {
  SessionStart: "capture",
  SessionEnd: "capture",
  BeforeAgent: "capture",
  AfterAgent: "acknowledge",
  BeforeTool: byTool,
  AfterTool: byTool
}

export const geminiHooks: AgentHooks = {
  agent: "gemini",
  client: "Gemini CLI",
  layout: "groups",
  top: {},
  // Older versions kept its switches there.
  options: ["enabled", "disabled", "notifications"],
  names: false,
  subjectOf: (event, payload) =>
    event === "BeforeTool" || event === "AfterTool" ? (textOf(payload["tool_name"]) ?? "") : undefined,
  file: () => ".gemini/settings.json",
  // In milliseconds. The name is what the client shows, and what a person can switch off.
  plan: (commands) => planOf(routes, commands, groupOf({ name: "nexus", timeout: 10_000 })),
  off: { keys: ["hooksConfig", "enabled"], value: false },
  nextStep:
    "Gemini CLI warns of hooks that are new or were changed: start it in this folder, trust the folder, and allow them."
}
