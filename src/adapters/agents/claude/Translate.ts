/** Claude Code's hook payloads (2.1.330) in the domain's words. */
import * as Effect from "effect/Effect"
import type { JsonObject, PayloadRefused, Prompt, ReadContext, Reading } from "../../../app/ports/Agent.ts"
import type { SessionId } from "../../../domain/Ids.ts"
import type { SessionFact } from "../../../domain/Session.ts"
import * as Facts from "../Facts.ts"
import { identify, onceFor } from "../Identity.ts"
import { Reader } from "../Payload.ts"
import { lineOf, optional, short, targetOf } from "../Wording.ts"
import { hostOf } from "./Host.ts"
import { drift, isKnown } from "./Payload.ts"
import { listIn } from "./Tasks.ts"
import * as Transcript from "./Transcript.ts"

export const agentName = "claude"

const fields = { hook: "hook_event_name", session: "session_id" }

/** What an event of the contract says. A reader's `unexpected` fields are reported; the rest is taken as it is. */
export const read = (payload: JsonObject, context: ReadContext): Effect.Effect<Reading, PayloadRefused> =>
  Effect.gen(function* () {
    const reader = new Reader(payload)
    const event = reader.text("hook_event_name")
    const name = hostOf(payload) ?? agentName
    const client = { name, client: "Claude Code", fields }
    const { session } = yield* identify(client, event, reader.text("session_id"))
    const transcript = reader.optionalText("transcript_path")
    const subagent = subagentOf(reader)
    const call = reader.optionalText("tool_use_id")
    const facts = isKnown(event) ? factsOf(event, reader, name) : [Facts.hookUnrecognised(event)]
    return {
      session,
      cwd: reader.text("cwd"),
      facts,
      ...optional("transcript", transcript),
      ...optional("prompt", prompts(event, reader)),
      ...optional("tasks", listIn(payload)),
      ...delivery(event, reader),
      ...models(event, reader, transcript, subagent, call),
      ...usage(event, session, transcript, context),
      drift: drift(event, reader)
    }
  })

const factsOf = (event: string, reader: Reader, agent: string): ReadonlyArray<SessionFact> => {
  const subagent = subagentOf(reader)
  const role = reader.text("agent_type")
  const message = reader.optionalText("last_assistant_message")
  switch (event) {
    case "SessionStart":
      return [
        Facts.sessionStarted({
          agent,
          source: reader.text("source"),
          cwd: reader.text("cwd"),
          model: reader.optionalText("model"),
          transcript: reader.optionalText("transcript_path")
        })
      ]
    case "SessionEnd":
      return [Facts.sessionEnded(reader.text("reason"))]
    case "UserPromptSubmit":
      // The prompt is recorded from `Reading.prompt`, as `capture.prompts` says.
      return []
    case "PreToolUse":
      return [Facts.toolStarted(toolOf(reader))]
    case "PostToolUse":
      return [Facts.toolCompleted(toolOf(reader))]
    case "PostToolUseFailure":
      return [Facts.toolFailed(toolOf(reader), reader.text("error"), reader.flag("is_interrupt"))]
    case "Stop": {
      const background = reader.list("background_tasks").length
      return [Facts.stopObserved(reader.flag("stop_hook_active"), message, background)]
    }
    case "StopFailure":
      return [Facts.stopFailed(reader.text("error"), message)]
    case "SubagentStart":
      return [Facts.subagentStarted(subagent ?? "", role)]
    case "SubagentStop":
      return [Facts.subagentStopped(subagent ?? "", role, message)]
    case "PreCompact":
      return [Facts.compactionStarted(reader.text("trigger"))]
    case "PostCompact":
      return [Facts.compactionCompleted(reader.text("trigger"))]
    case "Notification":
      return [Facts.notificationShown(reader.text("notification_type"), reader.optionalText("message"))]
    case "TaskCreated":
      return [{ type: "AgentTaskCreated", payload: taskOf(reader) }]
    case "TaskCompleted":
      return [{ type: "AgentTaskCompleted", payload: taskOf(reader) }]
    default:
      return [Facts.hookReceived(event, detailOf(event, reader))]
  }
}

/** Undefined for the main agent. */
const subagentOf = (reader: Reader): string | undefined => {
  const id = reader.text("agent_id")
  return id === "" ? undefined : short(id, 128)
}

const prompts = (event: string, reader: Reader): Prompt | undefined => {
  if (event !== "UserPromptSubmit") return undefined
  const text = reader.text("prompt")
  const source = reader.optionalText("source")
  const id = reader.optionalText("prompt_id")
  // `source` may be left out; what the client says to itself then comes in this tag (seen in 2.1.330).
  const machine = source === undefined ? text.startsWith("<task-notification>") : source !== "user" && source !== "sdk"
  return { text, by: machine ? "machine" : "human", ...(id === undefined ? {} : { id: short(id, 128) }) }
}

/** A tool call has one start and one end, and a prompt is submitted once: the same again is a repetition. */
const delivery = (event: string, reader: Reader): { readonly delivery?: string } => {
  const call = reader.text("tool_use_id")
  const prompt = reader.text("prompt_id")
  switch (event) {
    case "PreToolUse":
      // Monitor announces itself a second time as Bash, under the same id.
      return onceFor(event, `${call}.${short(reader.text("tool_name"), 64).replace(/\W/g, "_")}`)
    case "PostToolUse":
    case "PostToolUseFailure":
      return onceFor(event, call)
    case "UserPromptSubmit":
      return onceFor(event, prompt)
    default:
      return {}
  }
}

type Models = Pick<Reading, "model" | "subagent" | "subagentModel">

/** The hooks of 2.1.330 name the model only now and then; else the transcript is asked, where a model matters. */
const models = (
  event: string,
  reader: Reader,
  transcript: string | undefined,
  subagent: string | undefined,
  call: string | undefined
): Models => {
  if (subagent !== undefined) {
    const found =
      transcript === undefined
        ? undefined
        : Transcript.modelIn(Transcript.subagentTranscript(transcript, subagent), call)
    return { subagent, ...(found === undefined ? {} : { subagentModel: found }) }
  }
  const announced = reader.optionalText(event === "PostModelSwitch" ? "to_model" : "model")
  if (announced !== undefined) return { model: { name: short(announced, 200), evidence: "hook" } }
  const asked = event === "PostToolUse" || event === "Stop" || event === "SessionEnd" || event === "PreToolUse"
  const found = asked && transcript !== undefined ? Transcript.modelIn(transcript, call) : undefined
  return found === undefined ? {} : { model: { name: found, evidence: "transcript" } }
}

const usage = (
  event: string,
  session: SessionId,
  transcript: string | undefined,
  context: ReadContext
): Pick<Reading, "usage"> => {
  if (transcript === undefined || (event !== "Stop" && event !== "SessionEnd")) return {}
  const found = Transcript.usageIn(transcript, context.usage(session))
  return found === undefined ? {} : { usage: found }
}

const toolOf = (reader: Reader) =>
  Facts.toolCall({
    call: reader.text("tool_use_id"),
    tool: reader.text("tool_name"),
    target: targetOf(reader.object("tool_input")),
    durationMs: reader.optionalNumber("duration_ms"),
    subagent: subagentOf(reader)
  })

const taskOf = (reader: Reader) => ({
  task: short(reader.text("task_id"), 128),
  subject: lineOf(reader.text("task_subject"), 300) ?? ""
})

/** One line about an event that has no fact of its own. Text that a person or model wrote at length is left to the raw payload. */
const detailOf = (event: string, reader: Reader): string | undefined => {
  if (event === "PostToolBatch") return `${reader.list("tool_calls").length} tool calls`
  const fields = [
    "tool_name",
    "command_name",
    "from_model",
    "to_model",
    "load_reason",
    "file_path",
    "old_cwd",
    "new_cwd",
    "directory"
  ]
  const more = [
    "worktree_path",
    "name",
    "teammate_name",
    "source",
    "trigger",
    "mcp_server_name",
    "action",
    "message_id"
  ]
  const parts = [...fields, ...more].flatMap((field) => {
    const value = reader.payload[field]
    return typeof value === "string" ? [value] : []
  })
  return parts.join(" ")
}
