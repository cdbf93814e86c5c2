/** Cursor's hook payloads in the domain's words. */
import * as Effect from "effect/Effect"
import type { JsonObject, PayloadRefused, Reading } from "../../../app/ports/Agent.ts"
import type { SessionFact } from "../../../domain/Session.ts"
import * as Facts from "../Facts.ts"
import { identify, onceFor } from "../Identity.ts"
import { Reader, textOf } from "../Payload.ts"
import { optional, short, targetOf } from "../Wording.ts"
import { conversationOf, drift, eventOf, fileOf, folderOf, inputOf, isKnown } from "./Payload.ts"

export const agentName = "cursor"

const client = { name: agentName, client: "Cursor", fields: { hook: "hook_event_name", session: "conversation_id" } }

export const read = (payload: JsonObject): Effect.Effect<Reading, PayloadRefused> =>
  Effect.gen(function* () {
    const reader = new Reader(payload)
    const event = eventOf(payload)
    const { session } = yield* identify(client, event, conversationOf(payload))
    const folder = folderOf(payload) ?? ""
    const model = event === "afterTabFileEdit" ? undefined : reader.optionalText("model")
    const facts = isKnown(event) ? factsOf(event, reader, folder) : [Facts.hookUnrecognised(event)]
    const isClaudes = event !== payload["hook_event_name"]
    return {
      session,
      cwd: folder,
      facts,
      ...optional("transcript", reader.optionalText("transcript_path")),
      ...promptOf(event, reader),
      ...onceFor(event, deliveryOf(event, reader)),
      manyForms: true,
      // "default" stands for whatever Cursor chooses.
      ...(model === undefined || model === "" || model === "default"
        ? {}
        : { model: { name: short(model, 200), evidence: "hook" as const } }),
      // What Cursor sends along to Claude Code's hooks is Claude Code's contract.
      drift: isClaudes ? [] : drift(event, reader)
    }
  })

const promptOf = (event: string, reader: Reader): Pick<Reading, "prompt"> =>
  event === "beforeSubmitPrompt"
    ? { prompt: { text: reader.text("prompt"), by: "human", ...optional("id", reader.optionalText("generation_id")) } }
    : {}

/** A turn has one prompt; a call one start and one end, from Cursor's own hooks and from Claude Code's alike. */
const deliveryOf = (event: string, reader: Reader): string | undefined => {
  switch (event) {
    case "beforeSubmitPrompt":
      return reader.optionalText("generation_id")
    case "preToolUse":
    case "postToolUse":
    case "postToolUseFailure":
      return reader.optionalText("tool_use_id")
    default:
      return undefined
  }
}

const factsOf = (event: string, reader: Reader, folder: string): ReadonlyArray<SessionFact> => {
  switch (event) {
    case "sessionStart":
      return [
        Facts.sessionStarted({
          agent: agentName,
          source: reader.optionalText("source") ?? "startup",
          cwd: folder,
          model: reader.optionalText("model"),
          transcript: reader.optionalText("transcript_path")
        })
      ]
    case "sessionEnd":
      return [Facts.sessionEnded(reader.optionalText("reason") ?? reader.text("final_status"))]
    case "beforeSubmitPrompt":
      return []
    case "preToolUse":
      return [Facts.toolStarted(toolOf(reader))]
    case "postToolUse":
      return [Facts.toolCompleted(toolOf(reader))]
    case "postToolUseFailure": {
      const error = reader.optionalText("error_message") ?? reader.text("error")
      return [Facts.toolFailed(toolOf(reader), error, reader.flag("is_interrupt"))]
    }
    case "stop": {
      const status = reader.text("status")
      if (status === "error") return [Facts.stopFailed(status)]
      return [Facts.stopObserved((reader.optionalNumber("loop_count") ?? 0) > 0, undefined)]
    }
    case "subagentStart":
      return [Facts.subagentStarted(reader.text("subagent_id"), reader.text("subagent_type"))]
    case "subagentStop":
      return [
        Facts.subagentStopped(reader.text("subagent_id"), reader.text("subagent_type"), reader.optionalText("summary"))
      ]
    case "preCompact":
      return [Facts.compactionStarted(reader.text("trigger"))]
    default:
      return [Facts.hookReceived(event, fileOf(reader.payload) ?? reader.optionalText("command"))]
  }
}

const toolOf = (reader: Reader) =>
  Facts.toolCall({
    call: reader.text("tool_use_id"),
    tool: reader.text("tool_name"),
    target: targetOf(inputOf(reader.payload)) ?? textOf(reader.payload["tool_input"]),
    durationMs: reader.optionalNumber("duration")
  })
