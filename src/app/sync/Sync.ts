/** What can be done with a sync: start, status, pause, resume, flush, conflicts. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { KnownConflict, SyncMemory } from "../ports/SyncMemory.ts"
import type { SyncSide } from "../ports/SyncSide.ts"
import { adoptRoots } from "./Identify.ts"
import { type Round, type RoundOptions, runRound } from "./Round.ts"
import type { SyncSession } from "./SyncSession.ts"
import { type Problem, type SyncState, wordOf } from "./SyncState.ts"

export class SyncPaused extends Schema.TaggedError<SyncPaused>()("SyncPaused", {}) {
  override get message() {
    return "The sync is paused. Resume it first."
  }
}

/** A flush that left both sides different, and why. */
export class NotTheSame extends Schema.TaggedError<NotTheSame>()("NotTheSame", {
  problems: Schema.Array(Schema.Struct({ side: Schema.String, path: Schema.String, why: Schema.String }))
}) {
  override get message() {
    const [first, ...more] = this.problems
    if (first === undefined) return "Both sides keep changing. Flush again when they are at rest."
    return `Both sides are not the same: ${first.path} (${first.side}) ${first.why}${more.length === 0 ? "" : `, and ${more.length} more`}.`
  }
}

export interface Status extends SyncState {
  /** "idle", "scanning", "staging", "applying", "paused" or "halted". */
  readonly word: ReturnType<typeof wordOf>
  readonly conflictCount: number
}

/** Works from any process, also while another one syncs. */
export const status = (memory: SyncMemory) =>
  Effect.gen(function* () {
    const { length: conflictCount } = yield* memory.conflicts
    const said = yield* memory.state
    // A process that was killed in the middle of a round has not said that it ended: nobody holds its lock any more.
    const isAtWork = said.phase !== "idle" && Either.isLeft(yield* Effect.either(memory.exclusively(Effect.void)))
    const state: SyncState = isAtWork ? said : { ...said, phase: "idle" }
    return { ...state, word: wordOf(state), conflictCount } satisfies Status
  })

/** Versions that are kept beside another, until their copies are gone. */
export const conflicts = (memory: SyncMemory) =>
  Effect.map(memory.conflicts, (all): ReadonlyArray<KnownConflict> => all)

/** From the next round on nothing is done, until `resume`: also after a restart. */
export const pause = (memory: SyncMemory) => memory.setState({ isPaused: true })

/**
 * Goes on. `adopt`: the folders are the right ones, whatever their tokens say, and what they had in common is forgotten: all that is
 * on either side comes to both, and nothing is deleted.
 */
export const resume = (session: SyncSession, { adopt = false }: { readonly adopt?: boolean } = {}) =>
  Effect.gen(function* () {
    if (adopt) yield* withPatience(session.memory.exclusively(adoptRoots(session)))
    yield* session.memory.setState({ isPaused: false, ...(adopt ? { halt: null, failure: null } : {}) })
  })

/** Milliseconds between two tries while another process is at a round. */
const patience = 50

/** Waits while another process is at a round. */
export const withPatience = <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.retry(work, {
    while: (error) => (error as { readonly _tag?: string })._tag === "SyncBusy",
    schedule: Schedule.spaced(patience)
  })

/** Rounds in a row that may end with something that passes by itself. */
const mostRounds = 20

/** Returns when both sides are the same, with what it took; or fails with what keeps them from it. `force`: see `RoundOptions`. */
export const flush = (session: SyncSession, options: RoundOptions = {}) =>
  Effect.gen(function* () {
    if ((yield* session.memory.state).isPaused) return yield* new SyncPaused()
    const rounds: Array<Round> = []
    let problems: ReadonlyArray<Problem> = []
    while (rounds.length < mostRounds) {
      const round = yield* withPatience(runRound(session, options))
      rounds.push(round)
      if (round.isSame && round.problems.length === 0) return rounds
      problems = round.problems
      // What does not pass by itself does not pass by waiting.
      if (problems.length > 0 && problems.every(({ passes }) => !passes)) break
      yield* Effect.sleep(patience)
    }
    return yield* new NotTheSame({ problems: problems.map(({ side, path, why }) => ({ side, path, why })) })
  })

export interface StartOptions {
  /** Milliseconds between two full scans when nothing hints at a change. */
  readonly interval?: number
  /** Milliseconds of rest that are awaited after a hint. */
  readonly rest?: number
  /** Told after each round that did something or failed. */
  readonly said?: (what: Round | { readonly message: string }) => Effect.Effect<void>
}

/**
 * Syncs until it is interrupted. Hints make it quick; a full scan in every interval makes it right. What stands in its way
 * (a root that is not there, a side that cannot be reached) is tried again at the next interval.
 */
export const start = (
  session: SyncSession,
  { interval = 10_000, rest = 100, said = () => Effect.void }: StartOptions = {}
) =>
  Effect.gen(function* () {
    const hints = yield* Queue.sliding<void>(1)
    for (const side of [session.host, session.workspace]) yield* Effect.forkScoped(listen(session, side, hints))
    yield* Queue.offer(hints, undefined)
    for (;;) {
      const hinted = yield* Effect.timeoutOption(Queue.take(hints), interval)
      if (hinted._tag === "Some") yield* Effect.sleep(rest)
      yield* Queue.takeAll(hints)
      if ((yield* session.memory.state).isPaused) continue
      const round = yield* Effect.either(runRound(session))
      if (round._tag === "Left") {
        if (round.left._tag === "MemoryFailed") return yield* round.left
        if (round.left._tag !== "SyncBusy") yield* said(round.left)
      } else {
        if (round.right.steps > 0 || round.right.problems.length > 0) yield* said(round.right)
        if (!round.right.isSame && round.right.problems.some(({ passes }) => passes))
          yield* Queue.offer(hints, undefined)
      }
    }
  }).pipe(Effect.scoped)

/** Without hints the interval does: a watch that cannot be had (no watches are left) ends nothing. */
const listen = (session: SyncSession, side: SyncSide, hints: Queue.Enqueue<void>) =>
  side.hints(session.ignores).pipe(
    Stream.runForEach(() => Queue.offer(hints, undefined)),
    Effect.catchAll(({ message }) => session.memory.setState({ failure: message }))
  )
