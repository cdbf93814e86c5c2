/**
 * The stops of Cursor, and how its hooks are answered; also those of Claude Code's hooks that it runs, which it lets answer
 * in its own form. Source: cursor.com/docs/hooks, and the executor in @cursor/sdk 1.0.32.
 */
import type { Answer, JsonObject, StopSignal } from "../../../app/ports/Agent.ts"
import { canContinue, inWords } from "../Answers.ts"
import { sessionNamed } from "../Identity.ts"
import { textOf } from "../Payload.ts"
import { optional, short } from "../Wording.ts"
import { conversationOf, eventOf } from "./Payload.ts"
import { agentName } from "./Translate.ts"

export const stopOf = (payload: JsonObject): StopSignal | undefined => {
  const event = eventOf(payload)
  if (event !== "stop" && event !== "subagentStop") return undefined
  const isHelpers = event === "subagentStop" || (textOf(payload["parent_conversation_id"]) ?? "") !== ""
  // What runs Claude Code's hooks may leave it out.
  const status = textOf(payload["status"]) ?? "completed"
  const stop: StopSignal = {
    session: sessionNamed(agentName, conversationOf(payload)),
    kind: isHelpers ? "subagent" : "stop",
    // After anything else it only tells, and does not heed the answer.
    waits: status === "completed",
    background: 0,
    ...optional("turn", turnOf(payload))
  }
  if (status === "completed") return stop
  if (status === "aborted") return { ...stop, intent: "aborted" }
  return isHelpers ? stop : { ...stop, kind: "failure", error: short(status, 64) }
}

/** A turn has one generation, and a number more for each time that it was made to go on. */
const turnOf = (payload: JsonObject): string | undefined => {
  const generation = textOf(payload["generation_id"]) ?? ""
  const helper = textOf(payload["subagent_id"]) ?? ""
  const loops = payload["loop_count"]
  if (generation === "" || typeof loops !== "number") return undefined
  return short(helper === "" ? `${generation}:${loops}` : `${generation}:${helper}:${loops}`, 256)
}

const permissions = new Set(["preToolUse", "beforeShellExecution", "beforeMCPExecution"])

/** Where a hook of these prints what is no JSON, the call is refused: so it is all or nothing. */
export const answerTo = (payload: JsonObject, answer: Answer): string => {
  const event = eventOf(payload)
  const stop = stopOf(payload)
  return inWords(
    {
      continue: ({ text }) => (canContinue(stop) && stop?.waits === true ? { followup_message: text } : undefined),
      notice: (text) => (event === "preCompact" ? { user_message: text } : undefined),
      deny: (reason) =>
        permissions.has(event) ? { permission: "deny", user_message: reason, agent_message: reason } : undefined,
      context: (text) => (event === "sessionStart" ? { additional_context: text } : undefined)
    },
    answer
  )
}
