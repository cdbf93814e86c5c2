/** Gemini CLI's hook payloads (0.61.0) in the domain's words. Only the hooks around the model name it. */
import { hash } from "node:crypto"
import * as Effect from "effect/Effect"
import type { JsonObject, PayloadRefused, Reading } from "../../../app/ports/Agent.ts"
import type { SessionFact } from "../../../domain/Session.ts"
import * as Facts from "../Facts.ts"
import { identify, onceFor } from "../Identity.ts"
import { Reader, textOf } from "../Payload.ts"
import { optional, short, targetOf } from "../Wording.ts"
import { callOf, drift, failureIn, isKnown } from "./Payload.ts"

export const agentName = "gemini"

const client = { name: agentName, client: "Gemini CLI", fields: { hook: "hook_event_name", session: "session_id" } }

export const read = (payload: JsonObject): Effect.Effect<Reading, PayloadRefused> =>
  Effect.gen(function* () {
    const reader = new Reader(payload)
    const event = reader.text("hook_event_name")
    const { session } = yield* identify(client, event, reader.text("session_id"))
    const model = textOf(reader.object("llm_request")["model"])
    const facts = isKnown(event) ? factsOf(event, reader) : [Facts.hookUnrecognised(event)]
    return {
      session,
      cwd: reader.text("cwd"),
      facts,
      ...optional("transcript", reader.optionalText("transcript_path")),
      ...(event === "BeforeAgent" ? { prompt: { text: reader.text("prompt"), by: "human" as const } } : {}),
      ...onceFor(event, deliveryOf(event, reader)),
      ...(model === undefined ? {} : { model: { name: short(model, 200), evidence: "hook" as const } }),
      drift: drift(event, reader)
    }
  })

/** A call or a prompt has no id of its own; but of the same one, no two hooks start in the same millisecond. */
const deliveryOf = (event: string, reader: Reader): string | undefined => {
  const moment = reader.text("timestamp").replaceAll(":", "")
  if (moment === "") return undefined
  if (event === "BeforeTool" || event === "AfterTool") return `${moment}.${callOf(reader.payload)}`
  return event === "BeforeAgent" ? `${moment}.${hash("sha256", reader.text("prompt")).slice(0, 16)}` : undefined
}

const factsOf = (event: string, reader: Reader): ReadonlyArray<SessionFact> => {
  switch (event) {
    case "SessionStart":
      return [
        Facts.sessionStarted({
          agent: agentName,
          source: reader.text("source"),
          cwd: reader.text("cwd"),
          transcript: reader.optionalText("transcript_path")
        })
      ]
    case "SessionEnd":
      return [Facts.sessionEnded(reader.text("reason"))]
    case "BeforeAgent":
      return []
    case "AfterAgent":
      return [Facts.stopObserved(reader.flag("stop_hook_active"), lastOf(reader.optionalText("prompt_response")))]
    case "BeforeTool":
      return [Facts.toolStarted(toolOf(reader))]
    case "AfterTool": {
      const failure = failureIn(reader.payload)
      return [failure === undefined ? Facts.toolCompleted(toolOf(reader)) : Facts.toolFailed(toolOf(reader), failure)]
    }
    case "PreCompress":
      return [Facts.compactionStarted(reader.text("trigger"))]
    case "Notification":
      return [Facts.notificationShown(reader.text("notification_type"), reader.optionalText("message"))]
    default:
      return [Facts.hookReceived(event, textOf(reader.object("llm_request")["model"]))]
  }
}

const toolOf = (reader: Reader) =>
  Facts.toolCall({
    call: callOf(reader.payload),
    tool: reader.text("tool_name"),
    target: targetOf(reader.object("tool_input"))
  })

/** Its field holds all that was said since a person spoke, the newest at its end: of that the last line is what is new. */
const lastOf = (response: string | undefined): string | undefined =>
  response
    ?.split("\n")
    .findLast((line) => line.trim() !== "")
    ?.trim()
