/** Cursor, as Nexus' app sees it. */
import type { CallWindow, InstallableAgent, JsonObject } from "../../../app/ports/Agent.ts"
import { filesIn } from "../EnvelopeEdits.ts"
import { textOf } from "../Payload.ts"
import { optional } from "../Wording.ts"
import { editsOf } from "./Edits.ts"
import { conversationOf, eventOf, fileOf, folderOf, inputOf, patchOf, pathOf } from "./Payload.ts"
import { settingsOf } from "../hooks/AgentHooks.ts"
import { cursorHooks } from "./Hooks.ts"
import { answerTo, stopOf } from "./Stops.ts"
import { agentName, read } from "./Translate.ts"

const shells = new Set(["Shell", "Bash", "PowerShell"])
const editors = new Set(["Write", "StrReplace", "Delete", "ApplyPatch", "Edit", "MultiEdit"])

const windowOf = (payload: JsonObject): CallWindow | undefined => {
  const event = eventOf(payload)
  const isStart = event === "preToolUse"
  if (!isStart && event !== "postToolUse" && event !== "postToolUseFailure") return undefined
  const tool = textOf(payload["tool_name"]) ?? ""
  const input = inputOf(payload)
  const all = shells.has(tool) || /^(?:MCP:|mcp__)/.test(tool)
  const named = [...(fileOf(input) === undefined ? filesIn(patchOf(payload) ?? "").map(pathOf) : []), fileOf(input)]
  const files = named.filter((file) => file !== undefined)
  if (!all && (!editors.has(tool) || files.length === 0)) return undefined
  return {
    session: conversationOf(payload),
    call: textOf(payload["tool_use_id"]) ?? "",
    phase: isStart ? "start" : "end",
    tool,
    reach: all ? "checkout" : files,
    ...optional("command", shells.has(tool) ? textOf(input["command"]) : undefined),
    ...(input["is_background"] === true ? { background: true } : {})
  }
}

export const CursorAgent: InstallableAgent = {
  name: agentName,
  folder: folderOf,
  edits: (payload, { live }) => editsOf(payload, live),
  window: windowOf,
  stop: stopOf,
  answer: answerTo,
  read,
  promptFields: ["prompt"],
  signs: { commands: ["cursor", "cursor-agent"], folders: [".cursor"] },
  settings: settingsOf(cursorHooks)
}
