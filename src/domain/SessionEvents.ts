/**
 * Facts about one conversation with an agent. Promises about bytes on disk: add a version, never edit one.
 *
 * `raw` names the stored payload that the fact was read from, so that it can be read again by a better algorithm.
 * `subagent` is the client's id of the subagent that acted; absent when the main agent did.
 */
import * as Schema from "effect/Schema"
import { ContentRef } from "./Content.ts"
import { ContentHash } from "./Ids.ts"

const raw = Schema.optional(ContentHash)
const subagent = Schema.optional(Schema.String)
const text = Schema.optional(Schema.String)
const count = Schema.Int

/** `source`: startup, resume, clear, compact, fork as the client says it; "observed" when Nexus met it midway. */
export const SessionStarted = Schema.Struct({
  agent: Schema.String,
  source: Schema.String,
  cwd: Schema.String,
  model: text,
  transcript: text,
  raw
})
export type SessionStarted = typeof SessionStarted.Type

export const SessionEnded = Schema.Struct({ reason: Schema.String, raw })
export type SessionEnded = typeof SessionEnded.Type

/** `evidence`: "hook" (the client announced it) or "transcript" (read from the conversation file). */
export const ModelSwitched = Schema.Struct({
  from: Schema.NullOr(Schema.String),
  to: Schema.String,
  evidence: Schema.Literal("hook", "transcript"),
  raw
})
export type ModelSwitched = typeof ModelSwitched.Type

/**
 * `excerpt` and `content.blob` only under `capture.prompts: full`; under "hash" only `content.hash`; under "off" neither.
 * `by`: a person, or the client itself (task notifications, wake-ups).
 */
export const PromptSubmitted = Schema.Struct({
  prompt: text,
  by: Schema.Literal("human", "machine"),
  excerpt: text,
  content: Schema.optional(ContentRef),
  raw
})
export type PromptSubmitted = typeof PromptSubmitted.Type

/** `target` says in one line what the tool works on: a path, a command, a query. At most 200 characters. */
export const ToolStarted = Schema.Struct({ call: Schema.String, tool: Schema.String, target: text, subagent, raw })
export type ToolStarted = typeof ToolStarted.Type

/**
 * How the file changes of a call that may change any file (a shell, an MCP server) are known. "compared": the checkout was
 * looked through before and after it, completely; "reported": the client says which files it changed; "none": it can change
 * none. Absent for such a call: nobody looked, so what changed in the checkout meanwhile may be its work or a person's.
 */
const writes = Schema.optional(Schema.Literal("compared", "reported", "none"))

/**
 * `durationMs` as the client measured it. `bypass` (version 3): of a shell's command, whether it goes past the project's git hooks, judged
 * on the whole command, of which `target` holds no more than its beginning.
 */
export const ToolCompleted = Schema.Struct({
  call: Schema.String,
  tool: Schema.String,
  target: text,
  durationMs: Schema.optional(Schema.Number),
  bypass: Schema.optional(Schema.Boolean),
  writes,
  subagent,
  raw
})
export type ToolCompleted = typeof ToolCompleted.Type

export const ToolFailed = Schema.Struct({
  call: Schema.String,
  tool: Schema.String,
  target: text,
  error: Schema.String,
  interrupted: Schema.Boolean,
  durationMs: Schema.optional(Schema.Number),
  writes,
  subagent,
  raw
})
export type ToolFailed = typeof ToolFailed.Type

/**
 * A tool changed a file. `path` is relative to the checkout when the file is inside it, else absolute; "/" separates.
 * `before` is null for a file that did not exist, `after` for one that exists no more; either is absent when not known.
 * `evidence`: "payload" (the client sent both contents), "disk" (read at the moment of the hook), "diff" (computed from a
 * diff that the client sent), "snapshot" (the checkout was looked through before and after the call).
 * `checkout` is the top folder of the working tree that holds the file, symbolic links resolved; absent outside of one.
 */
export const FileEdited = Schema.Struct({
  path: Schema.String,
  checkout: text,
  /** The path that the content came from, when the file was renamed or copied. */
  from: text,
  tool: Schema.String,
  call: Schema.String,
  operation: Schema.Literal("created", "modified", "deleted"),
  before: Schema.optional(Schema.NullOr(ContentRef)),
  after: Schema.optional(Schema.NullOr(ContentRef)),
  evidence: Schema.Literal("payload", "disk", "diff", "snapshot"),
  /**
   * Of a shell's or server's change, why it is taken for the call's work. "named": the command or the client names the file;
   * "window": the file changed while the call ran; "contested": somebody else wrote it meanwhile, so that nobody can tell.
   */
  claim: Schema.optional(Schema.Literal("named", "window", "contested")),
  /** The formatter that the command ran, when it ran one: "prettier", "gofmt". */
  formatter: text,
  /** HEAD's commit when the call began, where that was looked at: what it did came after. */
  head: text,
  /** The person changed the proposal before accepting it. */
  userModified: Schema.optional(Schema.Boolean),
  model: text,
  subagent
})
export type FileEdited = typeof FileEdited.Type

/** The agent wanted to stop. `again`: a stop hook had already continued this turn. */
export const StopObserved = Schema.Struct({
  again: Schema.Boolean,
  background: count,
  message: text,
  raw
})
export type StopObserved = typeof StopObserved.Type

export const StopFailed = Schema.Struct({ error: Schema.String, message: text, raw })
export type StopFailed = typeof StopFailed.Type

export const SubagentStarted = Schema.Struct({ subagent: Schema.String, role: Schema.String, raw })
export type SubagentStarted = typeof SubagentStarted.Type

/** `role` is "" for the client's internal helpers (Claude Code's compaction). */
export const SubagentStopped = Schema.Struct({ subagent: Schema.String, role: Schema.String, message: text, raw })
export type SubagentStopped = typeof SubagentStopped.Type

/** Totals of the session so far, summed over the messages of its transcript up to `offset` bytes. */
export const UsageReported = Schema.Struct({
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
  messages: count,
  offset: count,
  /** The last message counted: the client repeats a message's usage on each of its lines. */
  lastMessage: text
})
export type UsageReported = typeof UsageReported.Type

export const CompactionStarted = Schema.Struct({ trigger: Schema.String, raw })
export type CompactionStarted = typeof CompactionStarted.Type

export const CompactionCompleted = Schema.Struct({ trigger: Schema.String, raw })
export type CompactionCompleted = typeof CompactionCompleted.Type

export const NotificationShown = Schema.Struct({ notification: Schema.String, message: text, raw })
export type NotificationShown = typeof NotificationShown.Type

/** The agent's own task list; `task` is the client's id. */
export const AgentTaskCreated = Schema.Struct({ task: Schema.String, subject: Schema.String, raw })
export type AgentTaskCreated = typeof AgentTaskCreated.Type

export const AgentTaskCompleted = Schema.Struct({ task: Schema.String, subject: Schema.String, raw })
export type AgentTaskCompleted = typeof AgentTaskCompleted.Type

/** A hook event of the client's contract that has no fact of its own yet. `detail` is one line. */
export const HookReceived = Schema.Struct({ hook: Schema.String, detail: text, raw })
export type HookReceived = typeof HookReceived.Type

/** A hook event that this version does not know, kept raw. */
export const HookUnrecognised = Schema.Struct({ hook: Schema.String, raw })
export type HookUnrecognised = typeof HookUnrecognised.Type

/** Fields of a known hook event that this version does not know, or that have not the type it expects. Told once each. */
export const CaptureDriftFound = Schema.Struct({
  agent: Schema.String,
  hook: Schema.String,
  field: Schema.String,
  problem: Schema.Literal("unknown hook", "unknown field", "unexpected type"),
  raw
})
export type CaptureDriftFound = typeof CaptureDriftFound.Type
