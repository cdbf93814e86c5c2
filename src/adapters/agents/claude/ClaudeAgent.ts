/** Claude Code, as Nexus' app sees it. */
import type { InstallableAgent } from "../../../app/ports/Agent.ts"
import { callers } from "../Callers.ts"
import { settingsOf } from "../hooks/AgentHooks.ts"
import { claudeHooks } from "./Contract.ts"
import { editsOf } from "./Edits.ts"
import { hostOf } from "./Host.ts"
import { lastConversation } from "./Presence.ts"
import { answerTo, forgotIn, idleIn, stopOf } from "./Stops.ts"
import { agentName, read } from "./Translate.ts"
import { windowOf } from "./Windows.ts"

export const ClaudeAgent: InstallableAgent = {
  name: agentName,
  host: hostOf,
  caller: callers.claude,
  edits: (payload, { live }) => editsOf(payload, live),
  window: windowOf,
  stop: stopOf,
  forgot: forgotIn,
  idle: idleIn,
  answer: answerTo,
  lastConversation,
  read,
  promptFields: ["prompt", "command_args", "session_title", "custom_instructions", "compact_summary"],
  signs: { commands: ["claude"], folders: [".claude"] },
  settings: settingsOf(claudeHooks)
}
