/** Claude Code, as Nexus' app sees it. */
import * as Either from "effect/Either"
import type { Agent } from "../../../app/ports/Agent.ts"
import { editsOf } from "./Edits.ts"
import * as Settings from "./Settings.ts"
import { commandsFor } from "./Matching.ts"
import { agentName, read } from "./Translate.ts"

const commands = (hookScript: string, scope: "local" | "shared") =>
  scope === "shared" ? Settings.sharedCommands : Settings.localCommands(hookScript)

export const ClaudeAgent: Agent = {
  name: agentName,
  edits: (payload, { live }) => editsOf(payload, live),
  read,
  promptFields: ["prompt", "command_args", "session_title"],
  settings: {
    file: (scope) => (scope === "shared" ? ".claude/settings.json" : ".claude/settings.local.json"),
    install: (text, hookScript, scope) => Settings.install(text, commands(hookScript, scope)),
    uninstall: Settings.uninstall,
    isCurrent: (text, hookScript, scope) =>
      Either.match(Settings.install(text, commands(hookScript, scope)), {
        onLeft: () => false,
        onRight: ({ changed }) => !changed
      }),
    isDisabled: Settings.hooksDisabled,
    commandsFor
  }
}
