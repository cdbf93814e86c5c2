/** Which hooks Claude Code runs for a payload. As seen in 2.1.330. */
import { parse } from "jsonc-parser"
import type { Json, JsonObject } from "../../../app/ports/Agent.ts"
import { isObject, listOf, textOf } from "../Payload.ts"

/** Events whose matchers are tried on the tool's name; the matchers of other events that matter here are left out by Nexus. */
const byTool = new Set(["PreToolUse", "PostToolUse", "PostToolUseFailure", "PermissionRequest", "PermissionDenied"])

/** Each command once, in the order of the file: the client runs an identical command once per event. */
export const commandsFor = (settings: string, payload: JsonObject): ReadonlyArray<string> => {
  const event = textOf(payload["hook_event_name"])
  const root = parse(settings) as Json | undefined
  if (event === undefined || !isObject(root) || !isObject(root["hooks"])) return []
  const groups = root["hooks"][event]
  const commands = listOf(groups)
    .filter(isObject)
    .flatMap((group) => {
      const matcher = textOf(group["matcher"])
      if (byTool.has(event) && matcher !== undefined && !matches(matcher, textOf(payload["tool_name"]) ?? "")) return []
      return listOf(group["hooks"])
        .filter(isObject)
        .flatMap((hook) => (hook["type"] === "command" ? (textOf(hook["command"]) ?? []) : []))
    })
  return [...new Set(commands)]
}

/** Names separated by "|" or "," are exact; anything else is a regular expression, not anchored. */
const matches = (matcher: string, tool: string): boolean => {
  if (matcher === "" || matcher === "*") return true
  if (/^[A-Za-z0-9_|, -]+$/.test(matcher)) return matcher.split(/[|,]/).some((name) => name.trim() === tool)
  try {
    return new RegExp(matcher).test(tool)
  } catch {
    // The client takes a broken expression for one that matches nothing.
    return false
  }
}
