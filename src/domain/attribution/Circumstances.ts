/** What could have come from where: the order of commits, what operations had before them, what was thrown away. */
import { Chronology } from "./Chronology.ts"
import { type Creation, type Creations, creationsOf, isRewriteOf, leftByCheckout, mayPrecede } from "./Creation.ts"
import type { Change, CommitFact, CommitFile, Facts } from "./Facts.ts"

/** The circumstances in which a content came to be: that of a commit, or (`fact` null) of the working tree as it is. */
export interface Making {
  readonly oid: string
  readonly fact: CommitFact | null
  /** Where; null when nobody here saw it. */
  readonly checkout: string | null
  /** Milliseconds since 1970. */
  readonly at: number
  /** See `Creation.from`. */
  readonly from: ReadonlySet<string> | undefined
}

export class Circumstances {
  readonly chronology: Chronology
  readonly #facts: Facts
  readonly #creations: Creations
  readonly #left: ReadonlySet<string>
  readonly #filesByAfter: ReadonlyMap<string, ReadonlyArray<CommitFile>>

  /** `filesByAfter`: what commits did to the file, by the content that it had then. */
  constructor(facts: Facts, filesByAfter: ReadonlyMap<string, ReadonlyArray<CommitFile>>) {
    this.#facts = facts
    this.#creations = creationsOf(facts.moves, facts.commits)
    this.#left = leftByCheckout(facts.moves)
    this.#filesByAfter = filesByAfter
    this.chronology = new Chronology(facts, this.#creations.made, filesByAfter)
  }

  /** How a commit came to be here; undefined when it was made elsewhere, or nobody knows. */
  creation(commit: string): Creation | undefined {
    return this.#creations.made.get(commit)
  }

  /** Whether HEAD left a commit for another branch; see `leftByCheckout`. */
  wasLeft(commit: string): boolean {
    return this.#left.has(commit)
  }

  /**
   * Whether a commit is the same change as an earlier one, made again. One that was plainly committed here is not, though its
   * author made another in the same second.
   */
  rewrites(commit: CommitFact, earlier: CommitFact): boolean {
    if (!isRewriteOf(this.#facts, commit, earlier)) return false
    const creation = this.#creations.made.get(commit.commit)
    const isPlain = creation !== undefined && /^commit(?: \((?:initial|merge)\))?$/.test(creation.verb)
    return !isPlain || creation.from.size > 0
  }

  /** See `Creations.left`. */
  resetAway(checkout: string): ReadonlySet<string> | undefined {
    return this.#creations.left.get(checkout)
  }

  /**
   * Whether a commit (null: the working tree) may have its content from a change. Not when that was committed, and all that
   * held it was then thrown away: the same text again is somebody's own.
   */
  mayCome(change: Change, { fact, from }: Making): boolean {
    const carriers = this.#carriers(change, fact)
    if (carriers.length === 0) return true
    return carriers.some(({ commit }) => {
      const carrier = this.#facts.commits.get(commit)
      return (
        this.#facts.precedes(commit, fact?.commit ?? null) ||
        this.#facts.isLive(commit) ||
        this.#left.has(commit) ||
        (carrier !== undefined && fact !== null && this.rewrites(fact, carrier)) ||
        this.tookFrom(from, commit)
      )
    })
  }

  /** Commits that a change went into before this one was made. Not stashes: what is stashed comes back, and nothing tells when. */
  #carriers(change: Change, fact: CommitFact | null): ReadonlyArray<CommitFile> {
    return (this.#filesByAfter.get(change.after ?? "") ?? []).filter(
      ({ commit }) => commit !== fact?.commit && this.wasThere(commit, fact?.commit ?? null) && !this.#isStash(commit)
    )
  }

  /** A stash is a merge of HEAD with a commit of what was staged on it, and HEAD never was there. */
  #isStash(commit: string): boolean {
    if (this.#creations.made.has(commit)) return false
    const [head, index] = this.#facts.commits.get(commit)?.parents ?? []
    const staged = this.#facts.commits.get(index ?? "")
    return index !== undefined && (staged === undefined || staged.parents[0] === head)
  }

  /** Whether a change may still lie in a checkout: not when a commit took it up whole, unless that was undone or is made anew. */
  isAtHand(change: Change, { fact, from }: Making): boolean {
    const carriers = this.#carriers(change, fact)
    return (
      carriers.length === 0 ||
      carriers.some(({ commit }) => {
        const carrier = this.#facts.commits.get(commit)
        const isAnew = carrier !== undefined && fact !== null && this.rewrites(fact, carrier)
        return isAnew || this.tookFrom(from, commit)
      })
    )
  }

  /** Whether the operation that made a commit had this one, or a descendant of it, before its eyes. */
  tookFrom(from: ReadonlySet<string> | undefined, commit: string): boolean {
    for (const at of from ?? []) if (at === commit || this.#facts.precedes(commit, at)) return true
    return false
  }

  /** Whether another commit, which does not lead to this one, had the content first. */
  isRewritten(oid: string, fact: CommitFact): boolean {
    return (this.#filesByAfter.get(oid) ?? []).some(
      ({ commit }) =>
        commit !== fact.commit &&
        !this.#facts.precedes(commit, fact.commit) &&
        !this.#facts.precedes(fact.commit, commit) &&
        (this.#facts.commits.get(commit)?.committed ?? Infinity) <= fact.committed
    )
  }

  /** Nothing comes from what was made later: else two commits would explain each other. */
  wasThere(earlier: string, commit: string | null): boolean {
    const [one, other] = [this.#facts.commits.get(earlier), this.#facts.commits.get(commit ?? "")]
    return one === undefined || other === undefined || mayPrecede(this.#creations.made, one, other)
  }
}
