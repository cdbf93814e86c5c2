/** Claude Code, as Nexus' app sees it. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { InstallableAgent } from "../../../app/ports/Agent.ts"
import { SessionId } from "../../../domain/Ids.ts"
import { settingsOf } from "../hooks/AgentHooks.ts"
import { claudeHooks } from "./Contract.ts"
import { editsOf } from "./Edits.ts"
import { hostOf } from "./Host.ts"
import { lastConversation } from "./Presence.ts"
import { answerTo, forgotIn, idleIn, stopOf } from "./Stops.ts"
import { agentName, read } from "./Translate.ts"
import { windowOf } from "./Windows.ts"

/** Claude Code 2.1.330 marks its shells with CLAUDECODE=1 and names the conversation. */
const caller: NonNullable<InstallableAgent["caller"]> = (environment) => {
  if (environment["CLAUDECODE"] !== "1") return undefined
  const session = Schema.decodeUnknownOption(SessionId)(`${agentName}:${environment["CLAUDE_CODE_SESSION_ID"] ?? ""}`)
  return Option.isSome(session) ? { agent: agentName, session: session.value } : { agent: agentName }
}

export const ClaudeAgent: InstallableAgent = {
  name: agentName,
  host: hostOf,
  caller,
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
