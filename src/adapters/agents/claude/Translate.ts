/** Claude Code's hook payloads (2.1.330) in the domain's words. */
import * as Effect from "effect/Effect"
import {
  type JsonObject,
  PayloadRefused,
  type Prompt,
  type ReadContext,
  type Reading
} from "../../../app/ports/Agent.ts"
import type { SessionId } from "../../../domain/Ids.ts"
import type { SessionFact } from "../../../domain/Session.ts"
import { isKnownEvent, isObject, Reader, unknownFields } from "./Payload.ts"
import * as Transcript from "./Transcript.ts"

export const agentName = "claude"

/** What an event of the contract says. A reader's `unexpected` fields are reported; the rest is taken as it is. */
export const read = (payload: JsonObject, context: ReadContext): Effect.Effect<Reading, PayloadRefused> =>
  Effect.suspend(() => {
    const reader = new Reader(payload)
    const event = reader.text("hook_event_name")
    const id = `${agentName}:${reader.text("session_id")}`
    if (event === "") return refuse("it has no hook_event_name, so it is no hook payload of Claude Code")
    if (!isSessionId(id)) return refuse("its session_id is missing or cannot be an id")
    if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(event)) return refuse("its hook_event_name cannot be a name")
    const transcript = reader.optionalText("transcript_path")
    const subagent = reader.optionalText("agent_id")
    const call = reader.optionalText("tool_use_id")
    const told = prompts(event, reader)
    const facts = isKnownEvent(event) ? factsOf(event, reader) : [unrecognised(event)]
    return Effect.succeed({
      session: id,
      cwd: reader.text("cwd"),
      facts,
      drift: driftOf(event, reader),
      ...(transcript === undefined ? {} : { transcript }),
      ...(told === undefined ? {} : { prompt: told }),
      ...delivery(event, reader),
      ...models(event, reader, transcript, subagent, call),
      ...usage(event, id, transcript, context)
    })
  })

const refuse = (reason: string) => Effect.fail(new PayloadRefused({ reason }))

const isSessionId = (id: string): id is SessionId => /^[a-z][a-z0-9-]*:[\w.@-]{1,128}$/.test(id)

const factsOf = (event: string, reader: Reader): ReadonlyArray<SessionFact> => {
  const subagent = reader.optionalText("agent_id")
  const by = subagent === undefined || subagent === "" ? {} : { subagent: short(subagent, 128) }
  const message = lineOf(reader.optionalText("last_assistant_message"))
  switch (event) {
    case "SessionStart": {
      const model = reader.optionalText("model")
      const transcript = reader.optionalText("transcript_path")
      return [
        {
          type: "SessionStarted",
          payload: {
            agent: agentName,
            source: short(reader.text("source"), 64),
            cwd: reader.text("cwd"),
            ...(model === undefined ? {} : { model: short(model, 200) }),
            ...(transcript === undefined ? {} : { transcript })
          }
        }
      ]
    }
    case "SessionEnd":
      return [{ type: "SessionEnded", payload: { reason: short(reader.text("reason"), 64) } }]
    case "UserPromptSubmit":
      // The prompt is recorded from `Reading.prompt`, as `capture.prompts` says.
      return []
    case "PreToolUse":
      return [{ type: "ToolStarted", payload: { ...toolOf(reader), ...by } }]
    case "PostToolUse":
      return [{ type: "ToolCompleted", payload: { ...toolOf(reader), ...durationOf(reader), ...by } }]
    case "PostToolUseFailure": {
      const error = lineOf(reader.text("error"), 500) ?? ""
      const interrupted = reader.flag("is_interrupt")
      return [{ type: "ToolFailed", payload: { ...toolOf(reader), error, interrupted, ...durationOf(reader), ...by } }]
    }
    case "Stop": {
      const background = reader.list("background_tasks").length + reader.list("session_crons").length
      return [
        {
          type: "StopObserved",
          payload: { again: reader.flag("stop_hook_active"), background, ...optional("message", message) }
        }
      ]
    }
    case "StopFailure":
      return [
        { type: "StopFailed", payload: { error: short(reader.text("error"), 200), ...optional("message", message) } }
      ]
    case "SubagentStart":
      return [
        {
          type: "SubagentStarted",
          payload: { subagent: by.subagent ?? "", role: short(reader.text("agent_type"), 128) }
        }
      ]
    case "SubagentStop":
      return [
        {
          type: "SubagentStopped",
          payload: {
            subagent: by.subagent ?? "",
            role: short(reader.text("agent_type"), 128),
            ...optional("message", message)
          }
        }
      ]
    case "PreCompact":
      return [{ type: "CompactionStarted", payload: { trigger: short(reader.text("trigger"), 64) } }]
    case "PostCompact":
      return [{ type: "CompactionCompleted", payload: { trigger: short(reader.text("trigger"), 64) } }]
    case "Notification": {
      const notification = short(reader.text("notification_type"), 64)
      return [
        {
          type: "NotificationShown",
          payload: { notification, ...optional("message", lineOf(reader.optionalText("message"))) }
        }
      ]
    }
    case "TaskCreated":
      return [{ type: "AgentTaskCreated", payload: taskOf(reader) }]
    case "TaskCompleted":
      return [{ type: "AgentTaskCompleted", payload: taskOf(reader) }]
    default:
      return [{ type: "HookReceived", payload: { hook: event, ...optional("detail", detailOf(event, reader)) } }]
  }
}

const unrecognised = (event: string): SessionFact => ({ type: "HookUnrecognised", payload: { hook: event } })

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
  const named = (id: string) => (/^[\w.-]{1,128}$/.test(id) ? { delivery: `${event}:${id}` } : {})
  switch (event) {
    case "PreToolUse":
      // Monitor announces itself a second time as Bash, under the same id.
      return named(`${call}.${short(reader.text("tool_name"), 64).replace(/\W/g, "_")}`)
    case "PostToolUse":
    case "PostToolUseFailure":
      return named(call)
    case "UserPromptSubmit":
      return named(prompt)
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
  if (subagent !== undefined && subagent !== "") {
    const found =
      transcript === undefined
        ? undefined
        : Transcript.modelIn(Transcript.subagentTranscript(transcript, subagent), call)
    return { subagent: short(subagent, 128), ...(found === undefined ? {} : { subagentModel: found }) }
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

const driftOf = (event: string, reader: Reader): Reading["drift"] => {
  if (!isKnownEvent(event)) return [{ hook: event, field: "", problem: "unknown hook" }]
  const named = (problem: "unknown field" | "unexpected type") => (field: string) => ({
    hook: event,
    field: short(field, 128),
    problem
  })
  return [
    ...unknownFields(event, reader.payload).slice(0, 20).map(named("unknown field")),
    ...[...reader.unexpected].map(named("unexpected type"))
  ]
}

const toolOf = (reader: Reader) => {
  const input = reader.object("tool_input")
  const text = [
    "file_path",
    "notebook_path",
    "path",
    "command",
    "pattern",
    "query",
    "url",
    "description",
    "prompt",
    "subject",
    "skill"
  ]
    .map((field) => input[field])
    .find((value) => typeof value === "string" && value !== "")
  const target = lineOf(typeof text === "string" ? text : undefined, 200)
  return {
    call: short(reader.text("tool_use_id"), 128),
    tool: short(reader.text("tool_name"), 128),
    ...optional("target", target)
  }
}

const durationOf = (reader: Reader) => optional("durationMs", reader.optionalNumber("duration_ms"))

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
    return typeof value === "string" ? [value] : isObject(value) ? [] : []
  })
  return lineOf(parts.join(" "), 300)
}

const optional = <Name extends string, A>(name: Name, value: A | undefined): { readonly [_ in Name]?: A } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [_ in Name]?: A })

const short = (text: string, most: number): string => (text.length > most ? text.slice(0, most) : text).toWellFormed()

/** The text on one line, shortened with an ellipsis; undefined for nothing. */
const lineOf = (text: string | undefined, most = 300): string | undefined => {
  if (text === undefined) return undefined
  const line = text
    .slice(0, most * 4)
    .replace(/\s+/g, " ")
    .trim()
    .toWellFormed()
  return line === "" ? undefined : line.length > most ? `${line.slice(0, most - 1)}…` : line
}
