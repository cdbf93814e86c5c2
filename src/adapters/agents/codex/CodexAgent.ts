/** Codex, as Nexus' app sees it. Its `apply_patch` sends no contents, so they are read from the disk while its hook waits. */
import type { CallWindow, Edit, InstallableAgent, JsonObject } from "../../../app/ports/Agent.ts"
import { callers } from "../Callers.ts"
import { editsIn, filesIn } from "../EnvelopeEdits.ts"
import { textOf } from "../Payload.ts"
import { optional } from "../Wording.ts"
import { callsIn, failureIn, reachesAll } from "./Payload.ts"
import { settingsOf } from "../hooks/AgentHooks.ts"
import { codexHooks } from "./Hooks.ts"
import { lastConversation } from "./Presence.ts"
import { answerTo, stopOf } from "./Stops.ts"
import { agentName, read } from "./Translate.ts"

export const editsOf = (payload: JsonObject, live: boolean): ReadonlyArray<Edit> => {
  if (payload["hook_event_name"] !== "PostToolUse" || failureIn(payload) !== undefined) return []
  const call = textOf(payload["tool_use_id"]) ?? ""
  const subagent = textOf(payload["agent_id"])
  return callsIn(payload).flatMap(({ tool, envelope }) =>
    envelope === undefined
      ? []
      : editsIn(envelope, { tool, call, ...optional("subagent", subagent) }, textOf(payload["cwd"]) ?? "/", live)
  )
}

const phases = new Map([
  ["PreToolUse", "start"],
  ["PostToolUse", "end"]
] as const)

export const windowOf = (payload: JsonObject): CallWindow | undefined => {
  const phase = phases.get(payload["hook_event_name"] as "PreToolUse" | "PostToolUse")
  const calls = callsIn(payload)
  const shell = calls.find(({ tool }) => reachesAll(tool))
  const files = calls.flatMap(({ envelope }) => (envelope === undefined ? [] : filesIn(envelope)))
  const [call] = shell === undefined ? calls : [shell]
  if (phase === undefined || call === undefined || (shell === undefined && files.length === 0)) return undefined
  return {
    session: textOf(payload["session_id"]) ?? "",
    call: textOf(payload["tool_use_id"]) ?? "",
    phase,
    tool: call.tool,
    reach: shell === undefined ? files : "checkout",
    ...optional("subagent", textOf(payload["agent_id"])),
    ...optional("command", textOf(shell?.input["command"]))
  }
}

export const CodexAgent: InstallableAgent = {
  name: agentName,
  caller: callers.codex,
  edits: (payload, { live }) => editsOf(payload, live),
  window: windowOf,
  stop: stopOf,
  answer: answerTo,
  lastConversation,
  read,
  promptFields: ["prompt"],
  signs: { commands: ["codex"], folders: [".codex"] },
  settings: settingsOf(codexHooks)
}
