/**
 * A session: one conversation with an agent, as its hooks tell it. `decide` turns an observation into facts; `evolve` folds
 * facts into what the next decision, and everybody who asks about the session, needs to know.
 */
import type { Actor } from "./Actor.ts"
import type { FileEdited, ModelSwitched, SessionStarted, UsageReported } from "./SessionEvents.ts"
import type * as Events from "./SessionEvents.ts"

export interface State {
  readonly agent: string
  /** The model of the main agent, as last known. */
  readonly model: string | null
  /** "idle": the agent stopped and waits; "active": it works. */
  readonly status: "active" | "idle" | "ended"
  readonly cwd: string
  readonly transcript: string | null
  readonly started: number
  /** Of the last event, milliseconds since 1970. */
  readonly active: number
  readonly prompts: number
  readonly tools: number
  readonly edits: number
  readonly failures: number
  readonly subagents: number
  readonly stops: number
  /** Totals over the transcript so far; null when none was read. */
  readonly usage: UsageReported | null
}

/** Something seen of a session, in Nexus' own words; each adapter translates its client's payloads into these. */
export interface Observation {
  readonly agent: string
  readonly cwd: string
  readonly transcript?: string
  /** The main agent's model, where this observation tells it. */
  readonly model?: { readonly name: string; readonly evidence: ModelSwitched["evidence"] }
  readonly usage?: UsageReported
  /** The facts proper, in order. */
  readonly facts: ReadonlyArray<SessionFact>
}

type Fact<Name extends string, Payload> = { readonly type: Name; readonly payload: Payload; readonly actor?: Actor }

export type SessionFact =
  | Fact<"SessionStarted", SessionStarted>
  | Fact<"SessionEnded", Events.SessionEnded>
  | Fact<"ModelSwitched", ModelSwitched>
  | Fact<"PromptSubmitted", Events.PromptSubmitted>
  | Fact<"ToolStarted", Events.ToolStarted>
  | Fact<"ToolCompleted", Events.ToolCompleted>
  | Fact<"ToolFailed", Events.ToolFailed>
  | Fact<"FileEdited", FileEdited>
  | Fact<"StopObserved", Events.StopObserved>
  | Fact<"StopFailed", Events.StopFailed>
  | Fact<"SubagentStarted", Events.SubagentStarted>
  | Fact<"SubagentStopped", Events.SubagentStopped>
  | Fact<"UsageReported", UsageReported>
  | Fact<"CompactionStarted", Events.CompactionStarted>
  | Fact<"CompactionCompleted", Events.CompactionCompleted>
  | Fact<"NotificationShown", Events.NotificationShown>
  | Fact<"AgentTaskCreated", Events.AgentTaskCreated>
  | Fact<"AgentTaskCompleted", Events.AgentTaskCompleted>
  | Fact<"HookReceived", Events.HookReceived>
  | Fact<"HookUnrecognised", Events.HookUnrecognised>
  | Fact<"CaptureDriftFound", Events.CaptureDriftFound>

/**
 * What an observation adds to what is known. A session that is met midway is started as "observed"; a model that differs
 * from the known one is a switch; usage counts only when it moved. Nothing is refused: hooks report what happened.
 */
export const decide = (state: State | undefined, seen: Observation): ReadonlyArray<SessionFact> => {
  const facts: Array<SessionFact> = []
  const begins = seen.facts[0]?.type === "SessionStarted"
  if (state === undefined && !begins) {
    facts.push({
      type: "SessionStarted",
      payload: {
        agent: seen.agent,
        source: "observed",
        cwd: seen.cwd,
        ...(seen.model === undefined ? {} : { model: seen.model.name }),
        ...(seen.transcript === undefined ? {} : { transcript: seen.transcript })
      }
    })
  } else if (!begins && seen.model !== undefined && seen.model.name !== state?.model) {
    const { name: to, evidence } = seen.model
    facts.push({ type: "ModelSwitched", payload: { from: state?.model ?? null, to, evidence } })
  }
  facts.push(...seen.facts)
  if (seen.usage !== undefined && moved(state?.usage ?? null, seen.usage)) {
    facts.push({ type: "UsageReported", payload: seen.usage })
  }
  return facts
}

/** The state after one more fact, at `time` (milliseconds since 1970). Facts may come late or out of order. */
export const evolve = (before: State | undefined, fact: SessionFact, time: number): State => {
  const state = before === undefined ? fresh(time) : { ...before, active: Math.max(before.active, time) }
  switch (fact.type) {
    case "SessionStarted":
      return {
        ...state,
        agent: fact.payload.agent,
        cwd: fact.payload.cwd,
        model: fact.payload.model ?? state.model,
        transcript: fact.payload.transcript ?? state.transcript,
        // A compaction happens in the middle of the agent's work.
        status: fact.payload.source === "compact" ? state.status : "active"
      }
    case "SessionEnded":
      return { ...state, status: "ended" }
    case "ModelSwitched":
      return { ...state, model: fact.payload.to }
    case "PromptSubmitted":
      return { ...state, status: "active", prompts: state.prompts + 1 }
    case "ToolStarted":
      return { ...state, status: state.status === "ended" ? "ended" : "active" }
    case "ToolCompleted":
      return { ...state, tools: state.tools + 1 }
    case "ToolFailed":
      return { ...state, tools: state.tools + 1, failures: state.failures + 1 }
    case "FileEdited":
      return { ...state, edits: state.edits + 1 }
    case "StopObserved":
      return { ...state, stops: state.stops + 1, status: state.status === "ended" ? "ended" : "idle" }
    case "StopFailed":
      return { ...state, failures: state.failures + 1, status: state.status === "ended" ? "ended" : "idle" }
    case "SubagentStarted":
      return { ...state, subagents: state.subagents + 1 }
    case "UsageReported":
      return { ...state, usage: fact.payload }
    default:
      return state
  }
}

const fresh = (time: number): State => ({
  agent: "",
  model: null,
  status: "active",
  cwd: "",
  transcript: null,
  started: time,
  active: time,
  prompts: 0,
  tools: 0,
  edits: 0,
  failures: 0,
  subagents: 0,
  stops: 0,
  usage: null
})

const moved = (before: UsageReported | null, after: UsageReported): boolean =>
  before === null
    ? after.messages > 0
    : after.messages !== before.messages || after.outputTokens !== before.outputTokens
