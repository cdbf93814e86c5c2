/** The facts that all clients' hooks tell in one way or another, with their texts as short as the log wants them. */
import type { SessionFact } from "../../domain/Session.ts"
import type { ToolCompleted } from "../../domain/SessionEvents.ts"
import { lineOf, optional, short } from "./Wording.ts"

type Text = string | undefined

export const sessionStarted = (told: {
  readonly agent: string
  readonly source: string
  readonly cwd: string
  readonly model?: Text
  readonly transcript?: Text
}): SessionFact => ({
  type: "SessionStarted",
  payload: {
    agent: told.agent,
    source: short(told.source, 64),
    cwd: told.cwd,
    ...optional("model", told.model === undefined ? undefined : short(told.model, 200)),
    ...optional("transcript", told.transcript)
  }
})

export const sessionEnded = (reason: string): SessionFact => ({
  type: "SessionEnded",
  payload: { reason: short(reason, 64) }
})

export type ToolCall = Pick<ToolCompleted, "call" | "tool" | "target" | "durationMs" | "subagent">

/** `target`: what it works on, in one line; see `targetOf`. */
export const toolCall = (told: {
  readonly call: string
  readonly tool: string
  readonly target: Text
  readonly subagent?: Text
  readonly durationMs?: number | undefined
}): ToolCall => ({
  call: short(told.call, 128),
  tool: short(told.tool, 128),
  ...optional("target", lineOf(told.target, 200)),
  ...optional("durationMs", told.durationMs),
  ...optional("subagent", told.subagent)
})

export const toolStarted = ({ durationMs: _durationMs, ...call }: ToolCall): SessionFact => ({
  type: "ToolStarted",
  payload: call
})

export const toolCompleted = (call: ToolCall): SessionFact => ({ type: "ToolCompleted", payload: call })

export const toolFailed = (call: ToolCall, error: string, interrupted = false): SessionFact => ({
  type: "ToolFailed",
  payload: { ...call, error: lineOf(error, 500) ?? "", interrupted }
})

/** `again`: a stop hook had already continued this turn. */
export const stopObserved = (again: boolean, message: Text, background = 0): SessionFact => ({
  type: "StopObserved",
  payload: { again, background, ...optional("message", lineOf(message)) }
})

export const stopFailed = (error: string, message?: Text): SessionFact => ({
  type: "StopFailed",
  payload: { error: short(error, 200), ...optional("message", lineOf(message)) }
})

export const subagentStarted = (subagent: string, role: string): SessionFact => ({
  type: "SubagentStarted",
  payload: { subagent: short(subagent, 128), role: short(role, 128) }
})

export const subagentStopped = (subagent: string, role: string, message: Text): SessionFact => ({
  type: "SubagentStopped",
  payload: { subagent: short(subagent, 128), role: short(role, 128), ...optional("message", lineOf(message)) }
})

export const compactionStarted = (trigger: string): SessionFact => ({
  type: "CompactionStarted",
  payload: { trigger: short(trigger, 64) }
})

export const compactionCompleted = (trigger: string): SessionFact => ({
  type: "CompactionCompleted",
  payload: { trigger: short(trigger, 64) }
})

export const notificationShown = (notification: string, message: Text): SessionFact => ({
  type: "NotificationShown",
  payload: { notification: short(notification, 64), ...optional("message", lineOf(message)) }
})

/** A hook of the client's contract that has no fact of its own. */
export const hookReceived = (hook: string, detail?: Text): SessionFact => ({
  type: "HookReceived",
  payload: { hook, ...optional("detail", lineOf(detail)) }
})

/** A hook that this version does not know. */
export const hookUnrecognised = (hook: string): SessionFact => ({ type: "HookUnrecognised", payload: { hook } })
