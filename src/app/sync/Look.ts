/** The first half of a round: what is on both sides, and what that means. */
import * as Effect from "effect/Effect"
import { brake } from "../../domain/sync/Brake.ts"
import type { Entry, SideName } from "../../domain/sync/Entry.ts"
import type { Looked, Situation } from "../../domain/sync/Reconcile.ts"
import type { Intent, Kept } from "../ports/SyncMemory.ts"
import type { Scan } from "../ports/SyncSide.ts"
import { SyncHalted } from "./Identify.ts"
import type { SyncSession } from "./SyncSession.ts"
import type { Problem } from "./SyncState.ts"

export interface Sight {
  readonly scans: Readonly<Record<SideName, Scan>>
  readonly situation: Situation
}

export const sides = ["host", "workspace"] as const

/** Scans both sides. `kept`: from the rounds before. */
export const lookAtBoth = (session: SyncSession, kept: Kept) =>
  Effect.gen(function* () {
    const [host, workspace] = yield* Effect.all(
      [
        session.host.scan(kept.seen.host, session.ignores),
        session.workspace.scan(kept.seen.workspace, session.ignores)
      ],
      { concurrency: 2 }
    )
    const folds = yield* Effect.zipWith(session.host.folds, session.workspace.folds, (a, b) => a || b)
    const scans = { host, workspace }
    const situation: Situation = {
      ancestor: certain(kept, scans),
      host: looked(host),
      workspace: looked(workspace),
      prefer: session.prefer,
      folds
    }
    return { scans, situation } satisfies Sight
  })

/** Stands still when much is gone at once from a side. */
export const applyBrake = (session: SyncSession, { situation }: Sight) =>
  Effect.forEach(
    sides,
    (side) => {
      const vanished = brake(situation.ancestor, situation[side], session.limits)
      if (vanished === undefined) return Effect.void
      return new SyncHalted({
        reason: "vanished",
        side,
        detail: `${vanished.gone} of ${vanished.of} files are gone at once from ${session[side].place}`,
        advice:
          "If they are to be deleted on the other side too, flush the sync with --force; if not, put them back, or resume it with --adopt to have them copied back."
      })
    },
    { discard: true }
  )

const looked = ({ seen, leftOut }: Scan): Looked => {
  const tree = new Map<string, Entry>()
  for (const [path, { entry }] of seen) tree.set(path, entry)
  const ignored = new Set<string>()
  const unsynced = new Set<string>()
  for (const { path, reason } of leftOut) (reason === "ignored" ? ignored : unsynced).add(path)
  return { tree, ignored, unsynced }
}

/**
 * What both sides had in common for sure. A round that was cut short may have changed a file and not said so: when it is not the
 * one that was to be changed, nobody knows what it was changed from, and both versions are kept.
 */
const certain = ({ ancestor, intents }: Kept, scans: Readonly<Record<SideName, Scan>>): Situation["ancestor"] => {
  if (intents.length === 0) return ancestor
  const isUntouched = ({ side, path, stamp }: Intent) => {
    const now = scans[side].seen.get(path)
    return now === undefined ? stamp === "" : ownPart(now.stamp) === ownPart(stamp)
  }
  const left = new Map(ancestor)
  for (const intent of intents) if (!isUntouched(intent)) left.delete(intent.path)
  return left
}

const ownPart = (stamp: string): string => stamp.slice(0, stamp.indexOf("|"))

/** What the scans could not see. What the rules leave out is no problem. */
export const problemsOf = (scans: Sight["scans"]): ReadonlyArray<Problem> =>
  sides.flatMap((side) =>
    scans[side].leftOut.flatMap(({ path, reason, why }) =>
      reason === "ignored" ? [] : [{ side, path, why, passes: reason === "busy" }]
    )
  )
