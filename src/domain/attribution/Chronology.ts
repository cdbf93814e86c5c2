/**
 * What came first, a recorded change or a commit. git counts seconds, and many things happen within one: there it is told by
 * what a change began with. What nothing tells counts as a change that came first, so that one never explains the other and
 * is explained by it.
 */
import { type Creation, isMadeBefore } from "./Creation.ts"
import type { Change, CommitFact, CommitFile, Facts } from "./Facts.ts"

/** Reflogs and commits count in seconds. */
export const second = 1000

export class Chronology {
  readonly #facts: Facts
  readonly #made: ReadonlyMap<string, Creation>
  readonly #filesByAfter: ReadonlyMap<string, ReadonlyArray<CommitFile>>
  readonly #bySecond: ReadonlyMap<number, ReadonlyArray<Change>>
  readonly #filesOf: ReadonlyMap<string, ReadonlyArray<CommitFile>>
  /** By content: the position of the first change that led to it. */
  readonly #makers = new Map<string | null, number>()
  readonly #firstAfter = new Map<string, number>()

  constructor(
    facts: Facts,
    made: ReadonlyMap<string, Creation>,
    filesByAfter: ReadonlyMap<string, ReadonlyArray<CommitFile>>
  ) {
    this.#facts = facts
    this.#made = made
    this.#filesByAfter = filesByAfter
    for (const { after, position } of facts.changes) if (!this.#makers.has(after)) this.#makers.set(after, position)
    this.#filesOf = Map.groupBy(facts.files, ({ commit }) => commit)
    this.#bySecond = Map.groupBy(facts.changes, ({ time }) => Math.floor(time / second))
  }

  /** Whether a change came before a commit, as far as is known. */
  isBefore(change: Change, commit: CommitFact): boolean {
    return change.time < this.#at(commit) + second && !this.isAfter(change, commit)
  }

  /**
   * Whether a change came after a commit for another reason than its time: it began there, or one recorded before it did. Or
   * the commit has what an earlier change left, so that nothing later is needed to explain it.
   */
  isAfter(change: Change, commit: CommitFact): boolean {
    let first = this.#firstAfter.get(commit.commit)
    if (first === undefined) {
      const together = this.#bySecond.get(Math.floor(this.#at(commit) / second)) ?? []
      first = together.find((one) => this.#beganAfter(one, commit))?.position ?? Infinity
      first = Math.min(first, this.#maker(commit) + 1)
      this.#firstAfter.set(commit.commit, first)
    }
    return first <= change.position || this.#beganAfter(change, commit)
  }

  /** Whether a change began when a commit was there already: with it as HEAD, or with a content that only came with or after it. */
  #beganAfter(change: Change, commit: CommitFact): boolean {
    const { head, before, position } = change
    if (head !== null && this.#leadsTo(commit.commit, head)) return true
    const holders = before === null || before === "" ? [] : (this.#filesByAfter.get(before) ?? [])
    if (holders.length === 0 || !holders.every((file) => this.#leadsTo(commit.commit, file.commit))) return false
    return (this.#makers.get(before) ?? Infinity) >= position
  }

  /** The position of the first change that led to what a commit has of the file. */
  #maker({ commit }: CommitFact): number {
    const [file] = this.#filesOf.get(commit) ?? []
    return (file === undefined ? undefined : this.#makers.get(file.after)) ?? Infinity
  }

  #at({ commit, committed }: CommitFact): number {
    return this.#made.get(commit)?.at ?? committed
  }

  /** Whether a commit was there no later than another. */
  #leadsTo(commit: string, later: string): boolean {
    return commit === later || this.#facts.precedes(commit, later) || isMadeBefore(this.#made, commit, later)
  }
}
