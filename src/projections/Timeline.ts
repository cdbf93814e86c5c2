/** The timeline: one readable line an event. */
import { type ContentRef, exactHash } from "../domain/Content.ts"
import type { Scope } from "../domain/boulder/BoulderEvents.ts"
import type { RecordedEvent } from "../events/Event.ts"
import { isWorkspaceFact } from "../domain/workspace/Workspace.ts"
import { type Projection, table } from "./Projection.ts"
import { workspaceSentence } from "./WorkspaceLines.ts"

export interface TimelineRow {
  readonly position: number
  readonly line: string
}

export const timelineRows = table<TimelineRow>({
  name: "timeline",
  columns: { position: "INTEGER", line: "TEXT" },
  key: ["position"],
  appendOnly: true
})

export const Timeline: Projection = {
  name: "timeline",
  version: 1,
  tables: [timelineRows],
  apply: (event, tables) => tables(timelineRows).put({ position: event.position, line: describe(event) })
}

/** What happened, in one line, without who and when. */
export const describe = (event: RecordedEvent): string => oneLine(sentence(event))

const sentence = (event: RecordedEvent): string => {
  switch (event.type) {
    case "ProjectRegistered":
      return `registered project ${event.payload.name} at ${event.payload.path}`
    case "ProjectIdentified":
      return `project identified by ${[event.payload.root?.slice(0, 12), event.payload.remote].filter(Boolean).join(" and ")}`
    case "CheckoutSeen":
      return `saw another checkout at ${event.payload.path}`
    case "HooksInstalled":
      return `installed the hooks of ${event.payload.agent} in ${event.payload.file}`
    case "HooksRemoved":
      return `removed the hooks of ${event.payload.agent} from ${event.payload.file}`
    case "SessionStarted":
      return `session ${sourceWords(event.payload.source)} in ${event.payload.cwd}`
    case "SessionEnded":
      return `session ended (${event.payload.reason})`
    case "ModelSwitched":
      return event.payload.from === null
        ? `model is ${event.payload.to}`
        : `model ${event.payload.from} → ${event.payload.to}`
    case "PromptSubmitted":
      return `${event.payload.by === "human" ? "prompt" : "machine prompt"}: ${event.payload.excerpt ?? "(text not kept)"}`
    case "ToolStarted":
      return `${event.payload.tool} … ${event.payload.target ?? ""}`
    case "ToolCompleted":
      return `${event.payload.tool} ✓ ${event.payload.target ?? ""}${milliseconds(event.payload.durationMs)}`
    case "ToolFailed":
      return `${event.payload.tool} ✗ ${event.payload.target ?? ""} — ${event.payload.interrupted ? "interrupted" : event.payload.error}`
    case "FileEdited":
      return `${event.payload.operation} ${event.payload.path} (${contents(event.payload.before, event.payload.after)})`
    case "FileObserved":
      return `saw ${event.payload.path} changed outside of any agent (${short(event.payload.content)}, ${event.payload.by})`
    case "CommitSeen":
      return `commit ${event.payload.commit.slice(0, 12)} by ${event.payload.author}: ${event.payload.files.length} files of interest`
    case "HeadMoved":
      return `HEAD ${event.payload.from.slice(0, 8)} → ${event.payload.to.slice(0, 8)} (${event.payload.verb}) in ${event.payload.checkout}`
    case "BaselineSeen":
      return `the record begins with ${event.payload.files.length} files in ${event.payload.checkout} that git had otherwise`
    case "ContentKept":
      return `kept ${event.payload.path} of commit ${event.payload.commit.slice(0, 12)} (${short(event.payload.content)})`
    case "TraceImported":
      return `imported attribution of commit ${event.payload.commit.slice(0, 12)} from ${event.payload.source}`
    case "TaskAdded":
      return `task ${event.payload.task} added: ${event.payload.title}`
    case "TaskStarted":
      return `task ${event.payload.task} started`
    case "TaskCompleted":
      return `task ${event.payload.task} done`
    case "TaskBlocked":
      return `task ${event.payload.task} blocked: ${event.payload.reason}`
    case "TaskCancelled":
      return `task ${event.payload.task} cancelled: ${event.payload.reason}`
    case "GateRan":
      return `gate ${event.payload.gate} ${event.payload.verdict}${event.payload.flaky ? " the second time" : ""} on tree ${event.payload.tree.slice(0, 12)}`
    case "BoulderArmed":
      return `run ${event.payload.run} armed for ${scopeWords(event.payload.scope)}, gates: ${event.payload.gates.map(({ gate }) => gate).join(", ") || "none"}`
    case "BoulderDisarmed":
      return `run ${event.payload.run} disarmed`
    case "BoulderPaused":
      return `boulder paused${event.payload.until === null ? "" : ` until ${new Date(event.payload.until).toISOString()}`}${event.payload.reason === null ? "" : `: ${event.payload.reason}`}`
    case "BoulderResumed":
      return "boulder resumed"
    case "BoulderReset":
      return `limits of run ${event.payload.run} forgiven`
    case "StopDecided":
      return `${event.payload.run}: ${event.payload.verdict}${event.payload.would === undefined ? "" : ` (would ${event.payload.would})`}, ${event.payload.rule}: ${event.payload.reason}`
    case "ContinuationConfirmed":
      return `${event.payload.run}: it went on`
    case "ContinuationRelaunched":
      return `${event.payload.run}: its client was started again`
    case "ContinuationLost":
      return `${event.payload.run}: it did not go on (${event.payload.why})`
    case "IntegrityAlarmRaised":
      return `${event.payload.run}: ${event.payload.alarm.kind}: ${event.payload.alarm.subject}, ${event.payload.alarm.detail}`
    case "StopObserved":
      return `stopped${event.payload.again ? " again" : ""}${event.payload.background > 0 ? `, ${event.payload.background} in the background` : ""}: ${event.payload.message ?? ""}`
    case "StopFailed":
      return `stopped by an error: ${event.payload.error} ${event.payload.message ?? ""}`
    case "SubagentStarted":
      return `subagent ${event.payload.role} ${event.payload.subagent} started`
    case "SubagentStopped":
      return `subagent ${event.payload.role === "" ? "(internal)" : event.payload.role} ${event.payload.subagent} stopped: ${event.payload.message ?? ""}`
    case "UsageReported":
      return `used ${event.payload.inputTokens + event.payload.cacheReadTokens + event.payload.cacheWriteTokens} tokens in, ${event.payload.outputTokens} out so far`
    case "CompactionStarted":
      return `compaction started (${event.payload.trigger})`
    case "CompactionCompleted":
      return `compaction completed (${event.payload.trigger})`
    case "NotificationShown":
      return `notification ${event.payload.notification}: ${event.payload.message ?? ""}`
    case "AgentTaskCreated":
      return `agent's task ${event.payload.task} created: ${event.payload.subject}`
    case "AgentTaskCompleted":
      return `agent's task ${event.payload.task} completed: ${event.payload.subject}`
    case "HookReceived":
      return `${event.payload.hook} ${event.payload.detail ?? ""}`
    case "HookUnrecognised":
      return `hook event unknown to this version: ${event.payload.hook}`
    case "CaptureDriftFound":
      return `${event.payload.agent} sent an ${event.payload.problem}: ${event.payload.hook}${event.payload.field === "" ? "" : `.${event.payload.field}`}`
    case "LogRestored":
      return `log restored from ${event.payload.from}: ${event.payload.events} events`
    default:
      return isWorkspaceFact(event) ? workspaceSentence(event) : unknownType(event)
  }
}

/** A type of another version of Nexus. */
const unknownType = (event: { readonly type: string }): string => event.type

const sourceWords = (source: string): string =>
  source === "startup" ? "started" : source === "observed" ? "met midway" : `started (${source})`

const milliseconds = (duration: number | undefined): string =>
  duration === undefined ? "" : ` (${Math.round(duration)} ms)`

const contents = (before: ContentRef | null | undefined, after: ContentRef | null | undefined): string =>
  `${short(before)} → ${short(after)}`

const short = (content: ContentRef | null | undefined): string =>
  content === undefined ? "?" : content === null ? "∅" : (exactHash(content)?.slice(0, 8) ?? "?")

const scopeWords = (scope: Scope): string =>
  scope.kind === "project" ? "the project" : scope.kind === "checkout" ? scope.path : scope.session

const longest = 240

/** Control characters, line breaks among them, would let a payload draw on the reader's terminal. */
const oneLine = (text: string): string => {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  const flat = /[\u0000-\u001f\u007f-\u009f]/.test(text) ? text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ") : text
  const whole = flat.trimEnd()
  return whole.length > longest ? `${whole.slice(0, longest - 1)}…` : whole
}
