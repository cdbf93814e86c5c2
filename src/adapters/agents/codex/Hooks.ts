/**
 * What Nexus registers with Codex: those of its twelve hook events that say something. Source: codex-cli 0.169.0, whose
 * `.codex/hooks.json` has no other keys than `hooks` and `description`.
 */
import type { AgentHooks } from "../hooks/AgentHooks.ts"
import { groupOf, planOf, type Route } from "../hooks/Routes.ts"
import { textOf } from "../Payload.ts"
import { silenced } from "./Presence.ts"

const routes: Readonly<Record<string, Route>> = {
  SessionStart: "capture",
  SessionEnd: "capture",
  UserPromptSubmit: "capture",
  // Its tools are shells, servers and `apply_patch`, which sends no contents: each is looked at on the disk.
  PreToolUse: "acknowledge",
  PostToolUse: "acknowledge",
  // It asks whether a hook would decide in the person's stead.
  PermissionRequest: "left out",
  PreCompact: "capture",
  PostCompact: "capture",
  SubagentStart: "capture",
  SubagentStop: "acknowledge",
  Stop: "acknowledge",
  Interrupt: "capture"
}

/** In seconds. At these two the client waits for three at the most, and warns a person of more at every start. */
const timeoutOf = (event: string): number => (event === "SessionEnd" || event === "Interrupt" ? 3 : 10)

export const codexHooks: AgentHooks = {
  agent: "codex",
  client: "Codex",
  layout: "groups",
  top: {},
  options: [],
  names: false,
  subjectOf: (_, payload) => textOf(payload["tool_name"]),
  file: () => ".codex/hooks.json",
  plan: (commands) =>
    planOf(routes, commands, (command, matcher, event) => groupOf({ timeout: timeoutOf(event) })(command, matcher)),
  silenced,
  nextStep: "Codex runs hooks only once a person has reviewed them: open /hooks in Codex, again after every change."
}
