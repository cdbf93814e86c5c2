/**
 * Facts about the boulder: which runs were armed, what was decided at each stop and from what, and what came of it. Promises
 * about bytes on disk: add a version, never edit one.
 */
import * as Schema from "effect/Schema"
import { ContentRef } from "../Content.ts"
import { SessionId } from "../Ids.ts"
import { Alarm, Facts, RunMode } from "./Facts.ts"
import { Limits } from "./Limits.ts"
import { TaskId } from "./TaskEvents.ts"

/** The project's own name for a run: `R-1`, `R-2`, in order of their being armed. */
export const RunId = Schema.String.pipe(Schema.pattern(/^R-[1-9]\d{0,6}$/), Schema.brand("RunId"))
export type RunId = typeof RunId.Type

/** Which conversations a run holds to their work: those of a project, those in one checkout of it, or one. */
export const Scope = Schema.Union(
  Schema.Struct({ kind: Schema.Literal("project") }),
  Schema.Struct({ kind: Schema.Literal("checkout"), path: Schema.String }),
  Schema.Struct({ kind: Schema.Literal("session"), session: SessionId })
)
export type Scope = typeof Scope.Type

/** "all": every task of the project; "claimed": those that the conversation began; or these. */
export const RunTasks = Schema.Union(Schema.Literal("all", "claimed"), Schema.Array(TaskId))
export type RunTasks = typeof RunTasks.Type

/** What a gate was when the run was armed: the hash of its definition. */
export const GatePin = Schema.Struct({ gate: Schema.String, definition: Schema.String })
export type GatePin = typeof GatePin.Type

/** What a part of a file that gates stand on was; `part` is "" for the whole file, else a script or section of it. */
export const FilePin = Schema.Struct({ file: Schema.String, part: Schema.String, hash: Schema.String })
export type FilePin = typeof FilePin.Type

/**
 * `base`: the commit that the work begins at; null in a repository without any. `uncommitted`: what was not committed then, as the
 * check of commits has it (docs/gates.md). `gates`: those that have to pass. `checkout`:
 * where the gates and files were looked at.
 */
export const BoulderArmed = Schema.Struct({
  run: RunId,
  scope: Scope,
  tasks: RunTasks,
  mode: RunMode,
  checkout: Schema.String,
  base: Schema.NullOr(Schema.String),
  uncommitted: Schema.Array(Schema.String),
  gates: Schema.Array(GatePin),
  files: Schema.Array(FilePin)
})
export type BoulderArmed = typeof BoulderArmed.Type

export const BoulderDisarmed = Schema.Struct({ run: RunId })
export type BoulderDisarmed = typeof BoulderDisarmed.Type

/** Nothing is continued in the project. `until`: milliseconds since 1970; null: until it is resumed. */
export const BoulderPaused = Schema.Struct({ reason: Schema.NullOr(Schema.String), until: Schema.NullOr(Schema.Int) })
export type BoulderPaused = typeof BoulderPaused.Type

/** A person lets everything go on: the pause is over, and escalations are answered; what was used of the limits is forgiven. */
export const BoulderResumed = Schema.Struct({})
export type BoulderResumed = typeof BoulderResumed.Type

/** What a run used of its limits is forgiven. */
export const BoulderReset = Schema.Struct({ run: RunId })
export type BoulderReset = typeof BoulderReset.Type

/**
 * A conversation wanted to stop. `rule`: the first that applied (see `Decide.rules`). `would`: what a run that only observes would
 * have said. `level`: 1 to 3, how urgently. `text`: what the agent was told. `algorithm`: of the rules, see `Decide.algorithm`.
 */
export const StopDecided = Schema.Struct({
  run: RunId,
  session: SessionId,
  verdict: Schema.Literal("allow", "continue", "escalate"),
  rule: Schema.String,
  reason: Schema.String,
  would: Schema.optional(Schema.Literal("continue", "escalate")),
  level: Schema.optional(Schema.Int),
  text: Schema.optional(ContentRef),
  algorithm: Schema.Int,
  facts: Facts,
  limits: Limits
})
export type StopDecided = typeof StopDecided.Type

/** The conversation went on after a continuation. `decision`: position of its StopDecided. */
export const ContinuationConfirmed = Schema.Struct({ run: RunId, session: SessionId, decision: Schema.Int })
export type ContinuationConfirmed = typeof ContinuationConfirmed.Type

/** The client's process ended with its turn, and was started again with what the conversation was told. `decision`: see above. */
export const ContinuationRelaunched = Schema.Struct({ run: RunId, session: SessionId, decision: Schema.Int })
export type ContinuationRelaunched = typeof ContinuationRelaunched.Type

/** The conversation did not go on, though it was told to. */
export const ContinuationLost = Schema.Struct({
  run: RunId,
  session: SessionId,
  decision: Schema.Int,
  why: Schema.Literal("session ended", "a person spoke first", "no new turn")
})
export type ContinuationLost = typeof ContinuationLost.Type

/** Something was done to the checks of a run. Told once for each subject. */
export const IntegrityAlarmRaised = Schema.Struct({ run: RunId, session: SessionId, alarm: Alarm })
export type IntegrityAlarmRaised = typeof IntegrityAlarmRaised.Type
