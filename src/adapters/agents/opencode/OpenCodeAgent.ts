/** OpenCode, as Nexus' app sees it: through a plugin that hands on what its hooks are given. */
import type { CallWindow, InstallableAgent, JsonObject } from "../../../app/ports/Agent.ts"
import { callers } from "../Callers.ts"
import { envelopeIn } from "../Envelope.ts"
import { filesIn } from "../EnvelopeEdits.ts"
import { firstText, textOf } from "../Payload.ts"
import { optional } from "../Wording.ts"
import { editsOf } from "./Edits.ts"
import { type Call, callIn, folderOf, hookOf, isFailure, sessionsOf } from "./Payload.ts"
import { pluginSettings } from "./Plugin.ts"
import { lastConversation } from "./Presence.ts"
import { relaunch } from "./Relaunch.ts"
import { answerTo, stopOf } from "./Stops.ts"
import { agentName, read } from "./Translate.ts"

/** Tools of the client that change no file, or tell the files that they change. Every other one is a shell's or a server's. */
const own = new Set(
  "read glob grep list ls task todowrite todoread webfetch websearch codesearch lsp skill question plan_enter plan_exit batch invalid".split(
    " "
  )
)

const filesOf = ({ tool, args }: Call): ReadonlyArray<string> | undefined => {
  switch (tool) {
    case "write":
    case "edit":
    case "multiedit": {
      const path = firstText(args, ["filePath", "file_path", "path"])
      return path === undefined ? [] : [path]
    }
    case "patch":
    case "apply_patch":
      return filesIn(envelopeIn(args) ?? "")
    default:
      return undefined
  }
}

const windowOf = (payload: JsonObject): CallWindow | undefined => {
  const hook = hookOf(payload)
  const call = callIn(payload)
  const files = filesOf(call)
  const phase = hook === "tool.execute.before" ? "start" : hook === "tool.execute.after" ? "end" : undefined
  if (phase === undefined && !isFailure(payload)) return undefined
  if (call.tool === "" || own.has(call.tool) || files?.length === 0) return undefined
  const { id, parent } = sessionsOf(payload)
  return {
    session: parent ?? id,
    call: call.id,
    phase: phase ?? "end",
    tool: call.tool,
    reach: files ?? "checkout",
    ...optional("subagent", parent === undefined ? undefined : id),
    ...optional("command", call.tool === "bash" ? textOf(call.args["command"]) : undefined)
  }
}

export const OpenCodeAgent: InstallableAgent = {
  name: agentName,
  caller: callers.opencode,
  tellsTurns: true,
  relaunch,
  folder: folderOf,
  edits: (payload, { live }) => editsOf(payload, live),
  window: windowOf,
  stop: stopOf,
  answer: answerTo,
  lastConversation,
  read,
  // What a person typed is in the parts of a message, and in the events that tell of them.
  promptFields: ["output.parts", "input.properties.part", "input.event.properties.part"],
  signs: { commands: ["opencode"], folders: [".opencode", ".config/opencode"] },
  settings: pluginSettings
}
