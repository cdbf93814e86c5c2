/**
 * All that a decision about a stop is made from, as it is kept in the log with the decision: with these and the limits, anyone
 * comes to the same verdict again. Promises about bytes on disk: optional additions only.
 */
import * as Schema from "effect/Schema"
import { TaskId } from "./TaskEvents.ts"

const count = Schema.Int
const time = Schema.Int
const nullable = Schema.NullOr

/** What a service's failure means. "final": trying again changes nothing (who pays, who may, what is too long); "passing": it may. */
export const FailureKind = Schema.Literal("final", "passing")

export const RunMode = Schema.Literal("enforce", "observe")
export type RunMode = typeof RunMode.Type

/** `verdict` null: the gate did not run on the files as they are. `id`: of the verdict. */
const GateFact = Schema.Struct({
  name: Schema.String,
  verdict: nullable(Schema.Literal("passed", "failed", "timed out", "unavailable")),
  id: nullable(count)
})
export type GateFact = typeof GateFact.Type

/** What was done to the checks instead of to the work. `subject`: the gate, file or command. */
export const Alarm = Schema.Struct({
  kind: Schema.Literal("gate changed", "test deleted", "hooks bypassed"),
  subject: Schema.String,
  detail: Schema.String
})
export type Alarm = typeof Alarm.Type

const TaskFact = Schema.Struct({ id: TaskId, title: Schema.String, started: Schema.Boolean })

/** Times in milliseconds; `now` and those called `since` since 1970. */
export const Facts = Schema.Struct({
  now: time,
  client: Schema.String,
  /** What switched the enforcer off, without any word to the log. */
  off: nullable(Schema.Literal("environment", "stop file", "configuration")),
  paused: nullable(Schema.Struct({ by: Schema.String, reason: nullable(Schema.String), until: nullable(time) })),
  /** Null when no run is armed for this conversation. */
  run: nullable(
    Schema.Struct({
      id: Schema.String,
      mode: RunMode,
      /** "escalated": it waits for a person. */
      status: Schema.Literal("armed", "escalated"),
      since: time
    })
  ),
  stop: Schema.Struct({
    kind: Schema.Literal("stop", "subagent", "failure"),
    /** The client named the conversation. */
    isNamed: Schema.Boolean,
    /** This stop was decided already: another registration of Nexus told it, too. */
    isRepeated: Schema.Boolean,
    intent: nullable(Schema.Literal("aborted", "question", "permission", "plan mode")),
    background: count,
    failure: nullable(FailureKind),
    contextPercent: nullable(Schema.Number)
  }),
  /** Since the conversation was last compacted. */
  sinceCompaction: nullable(time),
  /** Continuations so far: of the run, of the task that is next, of the last hour, and since a person spoke. */
  continued: Schema.Struct({ run: count, task: count, hour: count, sinceHuman: count }),
  /** Tokens that the conversation used since the run knows it; null where the client does not tell. */
  tokens: nullable(count),
  /** The same at the decision before. */
  tokensLast: nullable(count),
  /** What the work looked like: equal where nothing that counts came out differently. */
  fingerprint: Schema.String,
  /** Stops in a row, this one included: without a tool call; with one fingerprint; with messages that are alike. */
  textOnly: count,
  sameProgress: count,
  sameAnswer: count,
  /** The last fingerprints, the newest last; as many as the limit looks at. */
  fingerprints: Schema.Array(Schema.String),
  /** The gates that fail, and how often in a row with these words. */
  failing: Schema.Array(Schema.Struct({ gate: Schema.String, signature: Schema.String, times: count, id: count })),
  /** Continuations in a row of this conversation that never began. */
  lost: count,
  /** Failures of the model's service in a row, and since when the last was. */
  failures: Schema.Struct({ inRow: count, last: nullable(time) }),
  /** Of the run's tasks. `elsewhere`: begun by another conversation that is at it. `waiting`: for one that is blocked or elsewhere. */
  tasks: Schema.Struct({
    next: nullable(TaskFact),
    open: count,
    waiting: count,
    elsewhere: count,
    done: count,
    blocked: Schema.Array(Schema.Struct({ id: TaskId, reason: Schema.String }))
  }),
  gates: Schema.Array(GateFact),
  alarms: Schema.Array(Alarm),
  /** The agent's last message, as the log has it: on one line, shortened. */
  answer: nullable(Schema.String),
  turn: nullable(Schema.String),
  /** Total of the conversation's tokens when the run first met it. */
  tokensBefore: nullable(count)
})
export type Facts = typeof Facts.Type
