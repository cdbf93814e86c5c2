/** The stops of Gemini CLI 0.61.0, and how its hooks are answered: with JSON alone, for it shows the person anything else. */
import type { Answer, JsonObject, StopSignal } from "../../../app/ports/Agent.ts"
import { canContinue, hookSpecific, inWords } from "../Answers.ts"
import { sessionNamed } from "../Identity.ts"
import { textOf } from "../Payload.ts"
import { optional, short } from "../Wording.ts"
import { agentName } from "./Translate.ts"

/** A conversation's stops differ by their moment. Its field `stop_hook_active` says nothing: it is false too often. */
export const stopOf = (payload: JsonObject): StopSignal | undefined => {
  if (payload["hook_event_name"] !== "AfterAgent") return undefined
  const moment = textOf(payload["timestamp"]) ?? ""
  return {
    session: sessionNamed(agentName, textOf(payload["session_id"])),
    kind: "stop",
    waits: true,
    background: 0,
    ...optional("turn", moment === "" ? undefined : short(moment, 64))
  }
}

const shown = new Set(["SessionStart", "BeforeAgent", "AfterAgent", "BeforeTool", "AfterTool"])

export const answerTo = (payload: JsonObject, answer: Answer): string => {
  const event = textOf(payload["hook_event_name"]) ?? ""
  return inWords(
    {
      continue: ({ text }) => (canContinue(stopOf(payload)) ? { decision: "deny", reason: text } : undefined),
      notice: (text) => (shown.has(event) ? { systemMessage: text } : undefined),
      deny: (reason) => (event === "BeforeTool" ? { decision: "deny", reason } : undefined),
      context: (text) => (event === "SessionStart" ? hookSpecific(event, { additionalContext: text }) : undefined)
    },
    answer
  )
}
