/**
 * Other programs run Claude Code's hooks as well: Cursor loads them from `.claude/settings*.json` and from plugins, and so
 * does the agent of VS Code. What they deliver is theirs.
 */
import type { JsonObject } from "../../../app/ports/Agent.ts"
import { textOf } from "../Payload.ts"

/** The agent that a payload is really of; undefined for Claude Code itself. Cursor names its version, or its transcript does. */
export const hostOf = (payload: JsonObject): "cursor" | "copilot" | undefined => {
  const transcript = textOf(payload["transcript_path"]) ?? ""
  if (payload["cursor_version"] !== undefined || /[\\/]\.cursor[\\/]/.test(transcript)) return "cursor"
  return /[\\/](?:github copilot|github\.copilot)[^\\/]*[\\/]/i.test(transcript) ? "copilot" : undefined
}
