/** The stops of Claude Code 2.1.330, and how its hooks are answered. Source: the client's own schemas, and runs of it. */
import type { Answer, Json, JsonObject, StopSignal } from "../../../app/ports/Agent.ts"
import type { SessionId } from "../../../domain/Ids.ts"
import { canContinue, denied, hookSpecific, inWords } from "../Answers.ts"
import { sessionNamed } from "../Identity.ts"
import { isObject, listOf, textOf } from "../Payload.ts"
import { optional } from "../Wording.ts"
import { hostOf } from "./Host.ts"
import { agentName } from "./Translate.ts"

export const stopOf = (payload: JsonObject): StopSignal | undefined => {
  if (hostOf(payload) !== undefined) return undefined
  const event = textOf(payload["hook_event_name"])
  const session = sessionNamed(agentName, textOf(payload["session_id"]))
  if (event === "StopFailure")
    return { session, kind: "failure", waits: false, background: 0, error: failureIn(payload) }
  const helper = textOf(payload["agent_id"]) ?? ""
  // Helpers without a name are the client's own: they summarise and suggest, and nobody waits for them.
  if (event === "SubagentStop" ? (textOf(payload["agent_type"]) ?? "") === "" : event !== "Stop") return undefined
  return {
    session,
    kind: event === "Stop" && helper === "" ? "stop" : "subagent",
    waits: true,
    background: backgroundOf(payload, helper),
    ...optional("intent", payload["permission_mode"] === "plan" ? ("plan mode" as const) : undefined)
  }
}

/** A word of a list of twelve; where it is "unknown", the status is in what the person is shown. */
const failureIn = (payload: JsonObject): string => {
  const error = textOf(payload["error"]) ?? "unknown"
  const status = /^API Error: (\d{3})\b/.exec(textOf(payload["last_assistant_message"]) ?? "")?.[1]
  return error === "unknown" && status !== undefined ? `${error} ${status}` : error
}

const over = new Set(["completed", "failed", "killed", "stopped", "cancelled"])

/** A helper that stops is itself a task in the background still. What is only scheduled (`session_crons`) runs not yet. */
const backgroundOf = (payload: JsonObject, helper: string): number => {
  const runs = (task: Json) =>
    isObject(task) && !over.has(textOf(task["status"]) ?? "") && (helper === "" || task["id"] !== helper)
  return listOf(payload["background_tasks"]).filter(runs).length
}

/** Its terminal interface was idle for a while; `claude -p` never is (2.1.330). */
export const idleIn = (payload: JsonObject): StopSignal | undefined =>
  hostOf(payload) === undefined &&
  payload["hook_event_name"] === "Notification" &&
  payload["notification_type"] === "idle_prompt"
    ? { session: sessionNamed(agentName, textOf(payload["session_id"])), kind: "stop", waits: true, background: 0 }
    : undefined

/** A conversation that begins again after a compaction has lost its memory but for a summary. */
export const forgotIn = (payload: JsonObject): SessionId | undefined =>
  hostOf(payload) === undefined && payload["hook_event_name"] === "SessionStart" && payload["source"] === "compact"
    ? (sessionNamed(agentName, textOf(payload["session_id"])) ?? undefined)
    : undefined

/** Events, beside stops, of which the client shows a `systemMessage`. Others only tell, or take stdout for something else. */
const shown = new Set(["SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse", "PostToolUseFailure"])

export const answerTo = (payload: JsonObject, answer: Answer): string => {
  const event = textOf(payload["hook_event_name"]) ?? ""
  if (hostOf(payload) !== undefined) return ""
  const mayGoOn = canContinue(stopOf(payload))
  return inWords(
    {
      continue: ({ text, level }) => {
        if (!mayGoOn) return undefined
        // A block is shown to the person as a problem of the hook, and the model is told of it twice.
        return level < 2 ? hookSpecific(event, { additionalContext: text }) : { decision: "block", reason: text }
      },
      notice: (text) => (mayGoOn || shown.has(event) ? { systemMessage: text } : undefined),
      deny: (reason) => (event === "PreToolUse" ? denied(event, reason) : undefined),
      context: (text) => (event === "SessionStart" ? hookSpecific(event, { additionalContext: text }) : undefined)
    },
    answer
  )
}
