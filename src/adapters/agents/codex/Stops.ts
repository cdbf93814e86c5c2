/**
 * The stops of codex-cli 0.169.0, and how its hooks are answered. Its schemas are strict: one key too many, and an answer is
 * dropped without a word.
 */
import type { Answer, JsonObject, StopSignal } from "../../../app/ports/Agent.ts"
import { canContinue, denied, hookSpecific, inWords } from "../Answers.ts"
import { sessionNamed } from "../Identity.ts"
import { firstText, textOf } from "../Payload.ts"
import { optional } from "../Wording.ts"
import { agentName } from "./Translate.ts"

/** A person's interruption has an event of its own, after which there is no stop. */
export const stopOf = (payload: JsonObject): StopSignal | undefined => {
  const event = textOf(payload["hook_event_name"])
  if (event !== "Stop" && event !== "SubagentStop") return undefined
  const isHelpers = event === "SubagentStop" || (textOf(payload["agent_id"]) ?? "") !== ""
  return {
    session: sessionNamed(agentName, firstText(payload, ["session_id", "thread_id", "thread-id"])),
    kind: isHelpers ? "subagent" : "stop",
    waits: true,
    background: 0,
    ...optional("intent", payload["permission_mode"] === "plan" ? ("plan mode" as const) : undefined)
  }
}

const shown = new Set(["Stop", "SubagentStop", "SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse"])

export const answerTo = (payload: JsonObject, answer: Answer): string => {
  const event = textOf(payload["hook_event_name"]) ?? ""
  return inWords(
    {
      continue: ({ text }) => (canContinue(stopOf(payload)) ? { decision: "block", reason: text } : undefined),
      notice: (text) => (shown.has(event) ? { systemMessage: text } : undefined),
      deny: (reason) => (event === "PreToolUse" ? denied(event, reason) : undefined),
      context: (text) => (event === "SessionStart" ? hookSpecific(event, { additionalContext: text }) : undefined)
    },
    answer
  )
}
