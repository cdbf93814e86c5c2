/** Gemini CLI, as Nexus' app sees it. What its file tools show the person are the exact contents before and after. */
import type { CallWindow, Edit, InstallableAgent, JsonObject } from "../../../app/ports/Agent.ts"
import { callers } from "../Callers.ts"
import { bytes } from "../Contents.ts"
import { firstText, isObject, objectOf, textOf } from "../Payload.ts"
import { optional } from "../Wording.ts"
import { callOf, failureIn } from "./Payload.ts"
import { settingsOf } from "../hooks/AgentHooks.ts"
import { geminiHooks } from "./Hooks.ts"
import { answerTo, stopOf } from "./Stops.ts"
import { agentName, read } from "./Translate.ts"

/** Files of the client itself: its plans and scratch files. */
const ownFiles = /[\\/]\.gemini[\\/]tmp[\\/]/

export const editsOf = (payload: JsonObject): ReadonlyArray<Edit> => {
  if (payload["hook_event_name"] !== "AfterTool" || failureIn(payload) !== undefined) return []
  const input = objectOf(payload["tool_input"])
  const shown = objectOf(payload["tool_response"])["returnDisplay"]
  const path = (isObject(shown) ? textOf(shown["filePath"]) : undefined) ?? pathIn(input)
  const tool = textOf(payload["tool_name"]) ?? ""
  const contents = isObject(shown) ? contentsOf(shown) : undefined
  // Without it, nothing says that the tool wrote what it was asked to.
  if (contents === undefined || path === undefined || ownFiles.test(path)) return []
  return [
    {
      tool,
      call: callOf(payload),
      path,
      operation: contents.before === null ? "created" : "modified",
      ...contents,
      evidence: "payload",
      ...(isObject(shown) && changedByPerson(objectOf(shown["diffStat"])) ? { userModified: true } : {})
    }
  ]
}

const pathIn = (input: JsonObject): string | undefined => firstText(input, ["file_path", "absolute_path", "path"])

const contentsOf = (shown: JsonObject): Pick<Edit, "before" | "after"> | undefined => {
  const after = textOf(shown["newContent"])
  if (after === undefined) return undefined
  return { before: shown["isNewFile"] === true ? null : bytes(textOf(shown["originalContent"])), after: bytes(after) }
}

/** The client counts what the person changed in the proposal apart from what the model proposed. */
const changedByPerson = (stat: JsonObject): boolean =>
  ["user_added_lines", "user_removed_lines", "user_added_chars", "user_removed_chars"].some(
    (field) => typeof stat[field] === "number" && stat[field] > 0
  )

const windowOf = (payload: JsonObject): CallWindow | undefined => {
  const event = payload["hook_event_name"]
  const tool = textOf(payload["tool_name"]) ?? ""
  const isServer = isObject(payload["mcp_context"]) || tool.startsWith("mcp__")
  if ((event !== "BeforeTool" && event !== "AfterTool") || (tool !== "run_shell_command" && !isServer)) return undefined
  const input = objectOf(payload["tool_input"])
  return {
    session: textOf(payload["session_id"]) ?? "",
    call: callOf(payload),
    phase: event === "BeforeTool" ? "start" : "end",
    tool,
    reach: "checkout",
    ...optional("command", textOf(input["command"])),
    ...(input["is_background"] === true ? { background: true } : {})
  }
}

export const GeminiAgent: InstallableAgent = {
  name: agentName,
  caller: callers.gemini,
  edits: editsOf,
  window: windowOf,
  stop: stopOf,
  answer: answerTo,
  read,
  promptFields: ["prompt", "llm_request"],
  signs: { commands: ["gemini"], folders: [".gemini"] },
  settings: settingsOf(geminiHooks)
}
