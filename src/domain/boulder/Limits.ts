/**
 * The limits that the boulder keeps: where it stops pushing, whatever is left to do. All are settings (docs/enforcer.md).
 * Source of the defaults: what the systems before this one did to their users, in docs/decisions/0019-the-boulder-lets-go.md.
 */
import * as Schema from "effect/Schema"

const count = Schema.Int.pipe(Schema.between(1, 1000))
const milliseconds = Schema.Int.pipe(Schema.between(0, 86_400_000))

/** Times are in milliseconds. */
export const Limits = Schema.Struct({
  /** Continuations of one run. */
  perRun: count,
  /** Continuations for the sake of one task. */
  perTask: count,
  /** Continuations within any hour. */
  perHour: count,
  /** Continuations of one conversation since a person last spoke in it. */
  sinceHuman: count,
  /** How long a run may last since it was armed or resumed. */
  wallClock: milliseconds,
  /** Tokens that a run may use, in and out; null: any number. */
  tokens: Schema.NullOr(Schema.Int.pipe(Schema.between(1000, 1_000_000_000))),
  /** Stops in a row before which no tool was called. */
  textOnly: count,
  /** Stops in a row between which no file, commit, task or verdict came out differently. */
  sameProgress: count,
  /** Stops in a row at which one gate failed with the same words. */
  sameFailure: count,
  /** Stops over which two states of the work alternate. */
  oscillation: count,
  /** Stops in a row whose last messages are alike. */
  sameAnswer: count,
  /** Between a continuation and the next, where the client can wait; doubled each time that nothing came of it. */
  cooldown: milliseconds,
  cooldownMost: milliseconds,
  /** After a compaction nothing is said for so long. */
  afterCompaction: milliseconds,
  /** How full the model's context may be for another continuation, in percent. */
  contextPercent: Schema.Int.pipe(Schema.between(1, 100)),
  /** Within this time after a continuation, a client that announces its turns has begun one, or the continuation is lost. */
  confirmWithin: milliseconds,
  /** Lost continuations of one conversation after which it is only observed. */
  lost: count,
  /** Failures of the model's service in a row after which a pause of `breaker` is made. */
  apiFailures: count,
  breaker: milliseconds
})
export type Limits = typeof Limits.Type

const second = 1000
const minute = 60 * second
const hour = 60 * minute

export const defaultLimits: Limits = {
  perRun: 25,
  perTask: 6,
  perHour: 12,
  sinceHuman: 15,
  wallClock: 2 * hour,
  tokens: null,
  textOnly: 3,
  sameProgress: 3,
  sameFailure: 3,
  oscillation: 6,
  sameAnswer: 2,
  cooldown: 5 * second,
  cooldownMost: 5 * minute,
  afterCompaction: minute,
  contextPercent: 85,
  confirmWithin: 20 * second,
  lost: 2,
  apiFailures: 2,
  breaker: 5 * minute
}

/** A run lasts no longer than this, whatever is configured. */
export const longestRun = 8 * hour
