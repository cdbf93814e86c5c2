/** How a commit came to be on this device, as HEAD's reflogs tell it; and which earlier commits its content may be taken from. */
import type { CommitFact, Facts, Move } from "./Facts.ts"

export interface Creation {
  /** The checkout that it was made in; null when it was made elsewhere, or nobody knows. */
  readonly checkout: string | null
  /** Milliseconds since 1970, to the second. */
  readonly at: number
  readonly verb: string
  /** Counts the moves of HEAD: what the same checkout made later has more. */
  readonly order: number
  /** Commits that it takes the place of or is made from, as far as the operation tells: HEAD before an amend, a reset, a rebase. */
  readonly from: ReadonlySet<string>
}

const isRebase = (verb: string): boolean => /^rebase|^pull \(/.test(verb)
const starts = (verb: string): boolean => verb.includes("(start)")
const ends = (verb: string): boolean => /\((?:finish|abort)\)/.test(verb)

/** Whether an operation that went to a commit also made it: a fast-forward goes to what somebody else made. */
const makes = (verb: string, commit: CommitFact | undefined): boolean => {
  if (isRebase(verb)) return !starts(verb) && !ends(verb)
  if (/^(?:merge|pull)\b/.test(verb)) return (commit?.parents.length ?? 0) > 1
  return /^(?:commit|cherry-pick|revert|am)\b/.test(verb)
}

/** Whether git made a commit from another by itself, without a conflict: it does so only where nothing else lies in the checkout. */
export const isReplayed = (verb: string): boolean =>
  /^(?:cherry-pick|revert)$/.test(verb) || (isRebase(verb) && /\((?:pick|reword|squash|fixup)\)$/.test(verb))

export interface Creations {
  readonly made: ReadonlyMap<string, Creation>
  /** By checkout: commits that HEAD was reset away from since it last went elsewhere. Their content may still be there. */
  readonly left: ReadonlyMap<string, ReadonlySet<string>>
}

export const creationsOf = (moves: ReadonlyArray<Move>, commits: ReadonlyMap<string, CommitFact>): Creations => {
  const made = new Map<string, Creation>()
  const places = new Map<string, { rebasing: string | undefined; left: Set<string> }>()
  for (const [order, { checkout, from, to, verb, at }] of moves.entries()) {
    let place = places.get(checkout)
    if (place === undefined) places.set(checkout, (place = { rebasing: undefined, left: new Set() }))
    if (isRebase(verb) && starts(verb)) place.rebasing = from
    // What was reset away stays at hand until HEAD goes somewhere else.
    if (verb === "reset") place.left.add(from)
    else if (verb === "checkout" || (isRebase(verb) && ends(verb))) place.left.clear()
    if (from !== to && !made.has(to) && makes(verb, commits.get(to))) {
      const sources = new Set(place.left)
      if (place.rebasing !== undefined) sources.add(place.rebasing)
      if (verb.includes("amend") || isRebase(verb)) sources.add(from)
      made.set(to, { checkout, at, verb, order, from: sources })
    }
    if (isRebase(verb) && ends(verb)) place.rebasing = undefined
  }
  return { made, left: new Map([...places].map(([checkout, { left }]) => [checkout, left])) }
}

/** Commits that HEAD left for another branch: whatever became of the branch since, nobody rewrote them. */
export const leftByCheckout = (moves: ReadonlyArray<Move>): ReadonlySet<string> =>
  new Set(moves.flatMap(({ verb, from }) => (verb === "checkout" ? [from] : [])))

/** The same change, made again: rebase, amend and cherry-pick keep the author and the author's time. */
export const isRewriteOf = (facts: Pick<Facts, "precedes">, commit: CommitFact, earlier: CommitFact): boolean => {
  if (commit.commit === earlier.commit) return false
  if (commit.pickedFrom !== null && earlier.commit.startsWith(commit.pickedFrom)) return true
  const isSame = commit.authorKey === earlier.authorKey && commit.authored === earlier.authored
  // Commits of one second look alike, but none takes the place of one that it is built on.
  return isSame && !facts.precedes(earlier.commit, commit.commit) && !facts.precedes(commit.commit, earlier.commit)
}

/**
 * Compares commits by when they came to be: by the second, within one by the order of the reflogs, and after what they are
 * built on. Those of one second of which nothing tells are equal.
 */
export const bySequence = (
  commits: ReadonlyMap<string, CommitFact>,
  made: ReadonlyMap<string, Creation>
): ((one: string, other: string) => number) => {
  const places = new Map<string, number>()
  /** Within its second. Parents first, without recursion: a script makes long histories in a second. */
  const placeOf = (commit: string): number => {
    const known = places.get(commit)
    if (known !== undefined) return known
    const waiting = [commit]
    for (let at = waiting.at(-1); at !== undefined; at = waiting.at(-1)) {
      const { committed, parents = [] } = commits.get(at) ?? {}
      const together = parents.filter((parent) => commits.get(parent)?.committed === committed)
      const missing = places.has(at) ? [] : together.filter((parent) => !places.has(parent))
      if (missing.length > 0) {
        waiting.push(...missing)
        continue
      }
      // Far less than one for a step, so that what the reflogs tell of others still counts.
      const descended = Math.max(-1, ...together.map((parent) => (places.get(parent) ?? 0) + step))
      if (!places.has(at)) places.set(at, Math.max(made.get(at)?.order ?? -1, descended))
      waiting.pop()
    }
    return places.get(commit) ?? -1
  }
  const secondOf = (commit: string): number => commits.get(commit)?.committed ?? 0
  return (one, other) => secondOf(one) - secondOf(other) || placeOf(one) - placeOf(other)
}

const step = 2 ** -20

/** Whether two commits were made in one checkout, one before the other. */
export const isMadeBefore = (creations: ReadonlyMap<string, Creation>, earlier: string, commit: string): boolean => {
  const [one, other] = [creations.get(earlier), creations.get(commit)]
  return one !== undefined && other !== undefined && one.checkout === other.checkout && one.order < other.order
}

/** Whether a commit may have been there when another was made: by the clock, and within a second by the order of the reflog. */
export const mayPrecede = (
  creations: ReadonlyMap<string, Creation>,
  earlier: CommitFact,
  commit: CommitFact
): boolean => {
  if (earlier.committed !== commit.committed) return earlier.committed < commit.committed
  const [one, other] = [creations.get(earlier.commit), creations.get(commit.commit)]
  return one === undefined || other === undefined || one.checkout !== other.checkout || one.order < other.order
}
