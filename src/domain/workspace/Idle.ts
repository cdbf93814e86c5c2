/**
 * When a workspace that nobody uses is stopped. Pure, and without any clock: all that counts is how long somebody watched it and saw
 * nothing happen. Time that nobody watched, such as a laptop's sleep, is never idle time.
 */

/** What is known from one look to the next. */
export interface Watch {
  /** For how long nothing was seen to happen, in milliseconds that were watched. */
  readonly idleMs: number
  /** How much of that has gone since the warning; null: nobody was warned. */
  readonly warnedMs: number | null
}

export interface Seen {
  /** Since the look before, by a clock that stands still while the machine sleeps, and by one that does not. Milliseconds. */
  readonly elapsed: { readonly awake: number; readonly wall: number }
  /** How often it is looked, in milliseconds. */
  readonly every: number
  /** It is stopped after so long; null: never. */
  readonly limitMs: number | null
  /** Something happened, or goes on. */
  readonly isActive: boolean
}

export type Verdict =
  | { readonly kind: "active" }
  /** `warned`: it was, and is not to be stopped yet. */
  | { readonly kind: "idle"; readonly warned: boolean }
  | { readonly kind: "warn"; readonly stopsInMs: number }
  | { readonly kind: "stop" }

export interface Decision {
  readonly watch: Watch
  readonly verdict: Verdict
}

export const fresh: Watch = { idleMs: 0, warnedMs: null }

/** The longest that a warning is ahead of the stop, in milliseconds. */
const longestNotice = 10 * 60_000

/** How long before the stop it is warned of, at least: ten minutes, or half of a short limit. */
export const noticeOf = (limitMs: number): number => Math.min(longestNotice, limitMs / 2)

/** Looks so far apart were not a watch: the machine slept, its clock was set, or the watcher was gone. */
const isGap = ({ elapsed: { awake, wall }, every }: Seen): boolean =>
  awake < 0 || wall < 0 || Math.max(awake, wall) > 2 * every

/**
 * What becomes of a watch with one more look. It is stopped only when it was idle for the whole limit and the warning is old enough;
 * whatever happens in between begins all anew.
 */
export const decide = (watch: Watch, seen: Seen): Decision => {
  const { limitMs, isActive, elapsed } = seen
  if (isActive || isGap(seen)) return { watch: fresh, verdict: { kind: "active" } }
  const passed = Math.min(elapsed.awake, elapsed.wall)
  const idleMs = watch.idleMs + passed
  if (limitMs === null) return { watch: { idleMs, warnedMs: null }, verdict: { kind: "idle", warned: false } }
  const notice = noticeOf(limitMs)
  if (watch.warnedMs === null) {
    if (idleMs < limitMs - notice)
      return { watch: { idleMs, warnedMs: null }, verdict: { kind: "idle", warned: false } }
    const stopsInMs = Math.max(notice, limitMs - idleMs)
    return { watch: { idleMs, warnedMs: 0 }, verdict: { kind: "warn", stopsInMs } }
  }
  const warnedMs = watch.warnedMs + passed
  const isDue = idleMs >= limitMs && warnedMs >= notice
  return { watch: { idleMs, warnedMs }, verdict: isDue ? { kind: "stop" } : { kind: "idle", warned: true } }
}

/** A watch that has to be shorter: something happened so many milliseconds ago. */
export const since = (watch: Watch, agoMs: number): Watch =>
  agoMs >= watch.idleMs ? watch : { idleMs: Math.max(0, agoMs), warnedMs: null }
