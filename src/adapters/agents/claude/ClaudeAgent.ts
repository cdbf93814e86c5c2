/** Claude Code, as Nexus' app sees it. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { HookTarget, InstallableAgent } from "../../../app/ports/Agent.ts"
import { SessionId } from "../../../domain/Ids.ts"
import { type HookCommands, localCommands, sharedCommands, windowsCommands } from "./Contract.ts"
import { editsOf } from "./Edits.ts"
import { hostOf } from "./Host.ts"
import { commandsFor } from "./Matching.ts"
import * as Settings from "./Settings.ts"
import { answerTo, forgotIn, stopOf } from "./Stops.ts"
import { agentName, read } from "./Translate.ts"
import { windowOf } from "./Windows.ts"

const commands = (target: HookTarget, scope: "local" | "shared"): HookCommands => {
  if (target.platform === "win32") return windowsCommands(target)
  return scope === "shared" ? sharedCommands : localCommands(target.script)
}

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
  answer: answerTo,
  read,
  promptFields: ["prompt", "command_args", "session_title", "custom_instructions", "compact_summary"],
  settings: {
    file: (scope) => (scope === "shared" ? ".claude/settings.json" : ".claude/settings.local.json"),
    install: (text, target, scope) => Settings.install(text, commands(target, scope)),
    uninstall: Settings.uninstall,
    isCurrent: (text, target, scope) =>
      Either.match(Settings.install(text, commands(target, scope)), {
        onLeft: () => false,
        onRight: ({ changed }) => !changed
      }),
    isDisabled: Settings.hooksDisabled,
    commandsFor
  }
}
