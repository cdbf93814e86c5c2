/**
 * One round: scan both sides → reconcile → stage → apply → record.
 *
 * The order in which things reach the disk is what makes a cut at any point harmless: what will be touched is noted first; contents
 * are whole before they get their names; copies of conflicting versions are there before anything is replaced; and what both sides
 * have in common is recorded last, when it is on disk on both.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { censusOf, type Plan, planOf, type Step } from "../../domain/sync/Plan.ts"
import { type Outcome, reconcile, remembered } from "../../domain/sync/Reconcile.ts"
import type { SideName } from "../../domain/sync/Entry.ts"
import type { Intent, KnownConflict } from "../ports/SyncMemory.ts"
import type { SideFailed } from "../ports/SyncSide.ts"
import { applyStep } from "./Apply.ts"
import { identify } from "./Identify.ts"
import { applyBrake, lookAtBoth, problemsOf, sides, type Sight } from "./Look.ts"
import { isStaged, stagedName, stageFile } from "./Stage.ts"
import type { SyncSession } from "./SyncSession.ts"
import { mostProblems, type Problem, type SyncState } from "./SyncState.ts"

export interface RoundOptions {
  /** Goes on where much is gone at once. */
  readonly force?: boolean
}

/** What a round did. */
export interface Round {
  readonly steps: number
  readonly bytes: number
  readonly problems: ReadonlyArray<Problem>
  readonly conflicts: ReadonlyArray<KnownConflict>
  /** Paths that one side deleted and the other changed: they are on both again. */
  readonly revived: ReadonlyArray<string>
  /** Whether both sides are the same now, but for problems that do not pass by themselves. */
  readonly isSame: boolean
}

/** Contents on their way at a time. */
const atOnce = 8

type Work = { readonly side: SideName; readonly step: Step }

/** Only one at a time; fails with `SyncBusy` when another process is at one. Halts and failures are shown by `status`. */
export const runRound = (session: SyncSession, options: RoundOptions = {}) =>
  session.memory.exclusively(
    attemptRound(session, options).pipe(
      Effect.tapErrorTag("SyncHalted", ({ reason, side, detail, advice }) =>
        session.memory.setState({ phase: "idle", isSame: false, failure: null, halt: { reason, side, detail, advice } })
      ),
      Effect.tapErrorTag("SideFailed", ({ message }) =>
        session.memory.setState({ phase: "idle", isSame: false, failure: message })
      )
    )
  )

const attemptRound = (session: SyncSession, { force = false }: RoundOptions) =>
  Effect.gen(function* () {
    const { memory } = session
    const at = yield* Clock.currentTimeMillis
    yield* identify(session)
    yield* memory.setState({ phase: "scanning", steps: 0, done: 0, bytes: 0 })
    const kept = yield* memory.load
    // Of a round that was cut short: what it took away is judged before anything is looked at.
    const rescuedBefore = yield* settleBoth(session, kept.intents, at)
    const sight = yield* lookAtBoth(session, kept)
    // Again: a root may be swapped or unmounted at any time, and what was seen of it is worth nothing then.
    yield* identify(session)
    if (!force) yield* applyBrake(session, sight)

    const outcome = reconcile(sight.situation)
    const plans = {
      host: planOf("host", sight.situation, outcome),
      workspace: planOf("workspace", sight.situation, outcome)
    }
    const work = sides.flatMap((side) => plans[side].steps.map((step): Work => ({ side, step })))
    const census = { host: censusOf(sight.situation.host), workspace: censusOf(sight.situation.workspace) }
    const failed = new Map<string, Problem>()
    let bytes = 0
    let rescued: ReadonlyArray<KnownConflict> = []
    if (work.length > 0) {
      yield* memory.setState({ phase: "staging", ...census, steps: work.length })
      bytes = yield* stageAll(session, work, sight, failed)
      yield* identify(session)
      const intents = intentsOf(work, sight)
      if (intents.length > 0) yield* memory.intend(intents)
      yield* memory.setState({ phase: "applying", bytes })
      yield* applyAll(session, work, sight, failed)
      rescued = yield* settleBoth(session, intents, at)
      yield* Effect.all([session.host.flush, session.workspace.flush], { concurrency: 2 })
    }

    const undone = new Set([...failed.keys(), ...plans.host.kept, ...plans.workspace.kept])
    const ancestor = remembered(sight.situation, outcome, undone)
    const conflicts = [...rescuedBefore, ...rescued, ...conflictsOf(outcome, undone, at)]
    yield* memory.record({
      before: kept,
      ancestor,
      seen: { host: sight.scans.host.seen, workspace: sight.scans.workspace.seen },
      conflicts
    })
    if (work.length > 0) yield* Effect.all([session.host.clear, session.workspace.clear])
    const problems = [...problemsOf(sight.scans), ...keptFolders(plans), ...collided(outcome), ...failed.values()]
    const isSame = rescued.length === 0 && problems.every(({ passes }) => !passes)
    const done: Partial<SyncState> = { steps: work.length, done: work.length - failed.size, bytes, roundAt: at }
    const found: Partial<SyncState> = {
      ...census,
      problems: problems.slice(0, mostProblems),
      problemCount: problems.length
    }
    const rounds = (yield* memory.state).rounds + 1
    yield* memory.setState({ phase: "idle", halt: null, failure: null, isSame, rounds, ...done, ...found })
    return { steps: work.length, bytes, problems, conflicts, revived: outcome.revived, isSame } satisfies Round
  })

const stageAll = (session: SyncSession, work: ReadonlyArray<Work>, sight: Sight, failed: Map<string, Problem>) =>
  Effect.gen(function* () {
    let bytes = 0
    const left = yield* Effect.all({ host: session.host.stagedNames, workspace: session.workspace.stagedNames })
    yield* Effect.forEach(
      work,
      ({ side, step }) =>
        Effect.gen(function* () {
          if (step.do !== "file") return
          const to = session[side]
          if (left[side].has(stagedName(step)) && (yield* tried(isStaged(to, step), step.path, failed)) === true) return
          const staged = yield* tried(stageFile(session, to, step, sight), step.path, failed)
          bytes += staged?.bytes ?? 0
        }),
      { concurrency: atOnce, discard: true }
    )
    yield* Effect.all([session.host.flush, session.workspace.flush], { concurrency: 2 })
    return bytes
  })

const applyAll = (session: SyncSession, work: ReadonlyArray<Work>, sight: Sight, failed: Map<string, Problem>) =>
  Effect.forEach(
    work,
    ({ side, step }) => {
      if (failed.has(step.path)) return Effect.void
      // Without the copy of what it takes away, a step is not done.
      if ("needs" in step && step.needs !== undefined && failed.has(step.needs)) {
        const why = "the other version could not be kept beside it yet"
        failed.set(step.path, { side, path: step.path, why, passes: true })
        return Effect.void
      }
      return tried(applyStep(session, session[side], step, sight), step.path, failed)
    },
    { discard: true }
  )

/** A step that cannot be done is a problem of its path; a side that cannot be reached ends the round. */
const tried = <A>(step: Effect.Effect<A, SideFailed>, path: string, failed: Map<string, Problem>) =>
  Effect.catchIf(
    Effect.map(step, (done): A | undefined => done),
    ({ kind }) => kind === "changed" || kind === "permission" || kind === "no-space" || kind === "failed",
    ({ side, operation, detail, kind }) =>
      Effect.sync((): undefined => {
        const why = `${operation} failed: ${detail}`
        failed.set(path, { side, path, why, passes: kind === "changed" })
      })
  )

const intentsOf = (work: ReadonlyArray<Work>, { scans, situation }: Sight): ReadonlyArray<Intent> =>
  work.flatMap(({ side, step }) => {
    const seen = scans[side].seen.get(step.path)
    if (step.do === "folder" || seen?.entry.kind === "folder") return []
    if (seen !== undefined) return [{ side, path: step.path, stamp: seen.stamp, entry: seen.entry }]
    // What both have in common is no longer so once it is there again.
    if (step.do === "remove" || !situation.ancestor.has(step.path)) return []
    return [{ side, path: step.path, stamp: "", entry: step.entry }]
  })

const settleBoth = (session: SyncSession, intents: ReadonlyArray<Intent>, at: number) =>
  Effect.map(
    Effect.forEach(sides, (side) => {
      const taken = intents.filter((intent) => intent.side === side)
      return taken.length === 0
        ? Effect.succeed([])
        : Effect.map(session[side].settle(taken), (rescued) => rescued.map((one) => ({ ...one, side, at })))
    }),
    (rescued): ReadonlyArray<KnownConflict> => rescued.flat().filter(({ path, copy }) => path !== copy)
  )

const conflictsOf = ({ conflicts }: Outcome, undone: ReadonlySet<string>, at: number): ReadonlyArray<KnownConflict> =>
  conflicts.flatMap(({ path, copy, side }) => (undone.has(copy) ? [] : [{ path, copy, side, at }]))

const keptFolders = (plans: Readonly<Record<SideName, Plan>>): ReadonlyArray<Problem> =>
  sides.flatMap((side) =>
    plans[side].kept.map((path) => ({
      side,
      path,
      why: "is gone on the other side and stays here, since there is something in it that is not synced",
      passes: false
    }))
  )

const collided = ({ collisions }: Outcome): ReadonlyArray<Problem> =>
  collisions.flatMap((group) =>
    group.map((path) => ({
      side: "both" as const,
      path,
      why: `is the same name as ${group.filter((other) => other !== path).join(" and ")} on one of the sides, which ignores case or Unicode form`,
      passes: false
    }))
  )
