/** Codex's hook payloads (codex-cli 0.169.0) in the domain's words. It names the model in nearly every one of them. */
import * as Effect from "effect/Effect"
import type { JsonObject, PayloadRefused, Reading } from "../../../app/ports/Agent.ts"
import type { SessionFact } from "../../../domain/Session.ts"
import { filesIn } from "../EnvelopeEdits.ts"
import * as Facts from "../Facts.ts"
import { identify, onceFor } from "../Identity.ts"
import { Reader } from "../Payload.ts"
import { optional, short, targetOf } from "../Wording.ts"
import { callsIn, drift, failureIn, isKnown } from "./Payload.ts"

export const agentName = "codex"

const client = { name: agentName, client: "Codex", fields: { hook: "hook_event_name", session: "session_id" } }

export const read = (payload: JsonObject): Effect.Effect<Reading, PayloadRefused> =>
  Effect.gen(function* () {
    const reader = new Reader(payload)
    const event = reader.text("hook_event_name")
    const thread = reader.optionalText("session_id") ?? reader.optionalText("thread_id") ?? reader.text("thread-id")
    const { session } = yield* identify(client, event, thread)
    const transcript = reader.optionalText("transcript_path")
    const model = reader.optionalText("model")
    const subagent = subagentOf(reader)
    const facts = isKnown(event) ? factsOf(event, reader) : [Facts.hookUnrecognised(event)]
    return {
      session,
      cwd: reader.text("cwd"),
      facts,
      ...optional("transcript", transcript),
      ...promptOf(event, reader),
      ...onceFor(event, reader.optionalText(event === "UserPromptSubmit" ? "turn_id" : "tool_use_id")),
      ...(subagent !== undefined ? { subagent, ...optional("subagentModel", model) } : {}),
      ...(model !== undefined && subagent === undefined
        ? { model: { name: short(model, 200), evidence: "hook" as const } }
        : {}),
      drift: drift(event, reader)
    }
  })

const subagentOf = (reader: Reader): string | undefined => {
  const id = reader.text("agent_id")
  return id === "" ? undefined : short(id, 128)
}

const promptOf = (event: string, reader: Reader): Pick<Reading, "prompt"> =>
  event === "UserPromptSubmit"
    ? { prompt: { text: reader.text("prompt"), by: "human", ...optional("id", reader.optionalText("turn_id")) } }
    : {}

const factsOf = (event: string, reader: Reader): ReadonlyArray<SessionFact> => {
  const subagent = subagentOf(reader) ?? ""
  const message = reader.optionalText("last_assistant_message")
  switch (event) {
    case "SessionStart":
      return [
        Facts.sessionStarted({
          agent: agentName,
          source: reader.text("source"),
          cwd: reader.text("cwd"),
          model: reader.optionalText("model"),
          transcript: reader.optionalText("transcript_path")
        })
      ]
    case "SessionEnd":
      return [Facts.sessionEnded(reader.text("reason"))]
    case "UserPromptSubmit":
      return []
    case "PreToolUse":
      return [Facts.toolStarted(toolOf(reader))]
    case "PostToolUse": {
      const failure = failureIn(reader.payload)
      return [failure === undefined ? Facts.toolCompleted(toolOf(reader)) : Facts.toolFailed(toolOf(reader), failure)]
    }
    case "Stop":
      return [Facts.stopObserved(reader.flag("stop_hook_active"), message)]
    case "SubagentStart":
      return [Facts.subagentStarted(subagent, reader.text("agent_type"))]
    case "SubagentStop":
      return [Facts.subagentStopped(subagent, reader.text("agent_type"), message)]
    case "PreCompact":
      return [Facts.compactionStarted(reader.text("trigger"))]
    case "PostCompact":
      return [Facts.compactionCompleted(reader.text("trigger"))]
    default:
      return [Facts.hookReceived(event, `${reader.text("tool_name")} ${reader.text("reason")}`)]
  }
}

const toolOf = (reader: Reader) => {
  const calls = callsIn(reader.payload)
  const files = calls.flatMap(({ envelope }) => (envelope === undefined ? [] : filesIn(envelope)))
  return Facts.toolCall({
    call: reader.text("tool_use_id"),
    tool: reader.text("tool_name").replace(/^functions\./, ""),
    target: files.length > 0 ? files.join(", ") : targetOf(calls[0]?.input ?? {}),
    subagent: subagentOf(reader)
  })
}
