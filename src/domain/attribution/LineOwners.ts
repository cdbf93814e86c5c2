/**
 * Who owns each line of a file, in every state that it ever had: after each recorded change, in each commit, and on disk.
 *
 * A state is known by its content. One that a recorded change led to is that change's, whatever commit holds it, on whatever
 * machine that was made; any other is explained by what came before it (`compose`): its parents, what lay in the checkout,
 * the commits that it takes the place of. docs/attribution.md tells it for auditors.
 */
import type { Attribution, Credit, Deletion, Evidence } from "./Attribution.ts"
import { type Chronology, second } from "./Chronology.ts"
import { Circumstances, type Making } from "./Circumstances.ts"
import { type Ancestor, compose, unchanged } from "./Compose.ts"
import { type Creation, isReplayed } from "./Creation.ts"
import { rangesWith, removedIn, takenOut } from "./Deletions.ts"
import type { Change, CommitFact, CommitFile, Facts, Lineage, Owned } from "./Facts.ts"
import { type Block, insertions, slid } from "./Insertions.ts"
import { blocksOf, movesInto, take } from "./Moves.ts"
import { type Author, advance, atBest, creditOf, unknown } from "./Owners.ts"
import { transition, type Transition } from "./Transition.ts"

/** How many earlier states of a checkout are tried as what a content was made from. */
const tried = 6

/** Owners of so many states are kept along a chain of changes; the others are derived again when asked for. */
const keptEvery = 32

/** So many states are derived one out of the other without a stop: each takes some room on the stack. */
const deepest = 64

/** A state that leads to itself is derived so many times from other ends before it is left at that. */
const patience = 3

const beforeRecord = unknown("before-record")

const everything = { has: () => true }

export const lineOwners = (facts: Facts): LineOwners => new LineOwners(facts)

export class LineOwners implements Lineage {
  readonly #facts: Facts
  readonly #circumstances: Circumstances
  readonly #chronology: Chronology
  readonly #byAfter = new Map<string, Array<Change>>()
  readonly #filesByAfter = new Map<string, Array<CommitFile>>()
  readonly #fileOf = new Map<string, CommitFile>()
  readonly #changes = new Map<number, Owned | undefined>()
  readonly #commits = new Map<string, Owned | undefined>()
  readonly #insertions = new Map<string, ReadonlyArray<Block>>()
  readonly #transitions = new Map<string, Transition>()
  #carriers: ReadonlyMap<string, ReadonlyArray<Carrier>> | undefined
  /** States being derived: a state that leads to itself explains nothing, and what was derived without it is not kept. */
  readonly #open = new Set<string | number>()
  #circles = 0
  readonly #uncertain = new Map<string | number, number>()
  #isBegun = false

  constructor(facts: Facts) {
    this.#facts = facts
    for (const change of facts.changes)
      if (change.after !== null && change.after !== "") put(this.#byAfter, change.after, change)
    for (const file of facts.files) {
      this.#fileOf.set(`${file.commit}\0${file.path}`, file)
      if (file.after !== null) put(this.#filesByAfter, file.after, file)
    }
    this.#circumstances = new Circumstances(facts, this.#filesByAfter)
    this.#chronology = this.#circumstances.chronology
  }

  /** Derives a long history's states from the first on, so that none has to reach back further than the one before. */
  #begin(): void {
    if (this.#isBegun) return
    this.#isBegun = true
    const { changes, files, commits, precedes } = this.#facts
    const states = [
      ...changes.map((change) => ({ at: change.time, derive: () => this.ofChange(change) })),
      ...files
        .filter(({ commit }) => precedes(commit, null))
        .map(({ commit, path }) => ({
          at: commits.get(commit)?.committed ?? 0,
          derive: () => this.ofCommit(commit, path)
        }))
    ].sort((one, other) => one.at - other.at)
    for (let index = deepest; index < states.length; index += deepest) states[index]?.derive()
  }

  /** Owners after a change; undefined when its content is not known. */
  ofChange(change: Change): Owned | undefined {
    this.#begin()
    // Down to the first state that is known or begins the chain, and up again: chains are too long for recursion.
    const chain: Array<Change> = []
    const circles = this.#circles
    let owners: Owned | undefined
    for (let at: Change | undefined = change; at !== undefined;) {
      if (this.#changes.has(at.position)) {
        owners = this.#changes.get(at.position)
        break
      }
      if (this.#isCircle(at.position)) break
      this.#open.add(at.position)
      chain.push(at)
      at = this.#changeBefore(at)
    }
    for (const [index, step] of chain.reverse().entries()) {
      owners = this.#advance(step, index === 0 && owners === undefined ? undefined : owners)
      this.#open.delete(step.position)
      const isCommitted = step.after !== null && this.#filesByAfter.has(step.after)
      const isWorthIt = index === chain.length - 1 || index % keptEvery === 0 || isCommitted
      if (isWorthIt && this.#isCertain(step.position, circles)) this.#changes.set(step.position, owners)
    }
    return owners
  }

  /** Whether what was derived of a state holds, and need not be derived again: nothing was left out of it, or often enough. */
  #isCertain(state: string | number, circles: number): boolean {
    if (this.#circles === circles || this.#open.size === 0) return true
    const times = (this.#uncertain.get(state) ?? 0) + 1
    this.#uncertain.set(state, times)
    return times === patience
  }

  /** The change that led to what this one began with, when one did. */
  #changeBefore(change: Change): Change | undefined {
    const { before } = change
    if (before === null || before === "" || change.claim === "seen") return undefined
    return this.#producer(before, change)
  }

  #producer(oid: string, of: Change): Change | undefined {
    const known = (this.#byAfter.get(oid) ?? []).filter(({ position }) => position !== of.position)
    const earlier = known.filter(({ position }) => position < of.position)
    return (
      earlier.findLast(({ checkout }) => checkout === of.checkout) ??
      earlier.at(-1) ??
      // Delivered late: what it began with was recorded after it.
      known.find(({ before, claim }) => before !== oid && claim !== "seen")
    )
  }

  #advance(change: Change, before: Owned | undefined): Owned | undefined {
    if (change.after === null) return []
    const restored = this.#restored(change)
    if (restored !== undefined) return restored
    if (change.claim === "seen") return this.#outside(change.after, change, "direct")
    const author = authorOf(change)
    if (change.before === null) {
      const copied = this.#copied(change)
      if (copied !== undefined) return copied
      return change.transition === undefined
        ? undefined
        : this.#movedHere(
            change,
            advance([], change.transition, author, () => 0),
            author
          )
    }
    if (change.transition === undefined) {
      // With the content before unknown, what is new may be anybody's.
      const lines = change.after === "" ? undefined : this.#facts.lines(change.after)
      return lines === undefined
        ? undefined
        : this.#compose(change.after, lines, this.#checkoutStates(change, lines), {
            ...author,
            owner: unknown("content-lost")
          })
    }
    const owners = before ?? this.ofState(change.origin ?? change.path, change.before, change)
    const known = owners ?? Array.from({ length: change.transition.lines }, () => unknown("content-lost"))
    const lines = () => this.#facts.lines(change.after ?? "")
    const after = advance(known, change.transition, author, (line) => lines()?.[line]?.length ?? 0)
    return this.#movedHere(change, after, author)
  }

  /** A command that brought back a content that was there before wrote nothing: it restored. */
  #restored(change: Change): Owned | undefined {
    if ((change.claim !== "named" && change.claim !== "window" && change.claim !== "seen") || change.after === "")
      return undefined
    const earlier = (this.#byAfter.get(change.after ?? "") ?? []).filter(({ position }) => position < change.position)
    const last = earlier.findLast(({ checkout }) => checkout === change.checkout) ?? earlier.at(-1)
    if (last !== undefined) return this.ofChange(last)
    const file = (this.#filesByAfter.get(change.after ?? "") ?? []).findLast(
      ({ commit }) => (this.#facts.commits.get(commit)?.committed ?? Infinity) + second <= change.time
    )
    return file === undefined ? undefined : this.ofCommit(file.commit, file.path)
  }

  #copied(change: Change): Owned | undefined {
    if (change.after === null || change.after === "" || (change.claim !== "named" && change.claim !== "window"))
      return undefined
    return this.#copyOf(change.after, change.path, change.position)
  }

  /** Owners in another file that had exactly this content. */
  #copyOf(oid: string, path: string, before: number): Owned | undefined {
    const [source] = this.#facts.sameContent(oid, path, before)
    if (source === undefined) return undefined
    const owners = this.#facts.elsewhere(source.path)?.ofChange(source)
    return owners?.map((owner) => ({ ...owner, copiedFrom: source.path }))
  }

  /** A new file that is nearly all of another one began as a copy of it. */
  #resembled(before: string | null, path: string, lines: ReadonlyArray<string>): ReadonlyArray<Ancestor> {
    const source = before === null ? this.#facts.resembled(path, lines) : undefined
    if (source === undefined) return []
    const owned = () =>
      this.#facts
        .elsewhere(source.path)
        ?.ofChange(source)
        ?.map((owner) => ({ ...owner, copiedFrom: source.path }))
    return this.#ancestor(source.after, owned)
  }

  /** Blocks that the same session took out of another file a moment before or after: they were moved. */
  #movedHere(change: Change, owners: Owned, author: Author): Owned {
    const blocks = blocksOf(owners, author.owner)
    if (blocks.length === 0 || change.session === null || change.after === null) return owners
    const others = this.#facts.removalsBeside(change)
    if (others.length === 0) return owners
    const lines = this.#facts.lines(change.after)
    return lines === undefined ? owners : this.#movedFrom(others, blocks, lines, owners, author)
  }

  #movedFrom(
    others: ReadonlyArray<Change>,
    blocks: ReadonlyArray<Block>,
    lines: ReadonlyArray<string>,
    owners: Owned,
    author: Author
  ): Owned {
    const result = [...owners]
    for (const other of others) {
      const before = other.before === null ? undefined : this.#facts.lines(other.before)
      if (before === undefined || other.before === null || other.transition === undefined) continue
      const places = movesInto(lines, blocks, before, takenOut(other.transition))
      if (places.length === 0) continue
      const origin = this.#facts.elsewhere(other.path)?.ofState(other.path, other.before, other)
      take(result, places, origin, author, other.path)
    }
    return result
  }

  /** Owners of a content that a change began with, or a commit's parent had: `of` is that change, that commit, or null for the working tree. */
  ofState(path: string, oid: string, of: Change | string | null): Owned | undefined {
    const change = of === null || typeof of === "string" ? undefined : this.#producer(oid, of)
    if (change !== undefined && !this.#isCircle(change.position)) return this.ofChange(change)
    const files = this.#filesByAfter.get(oid) ?? []
    // Within one second, too: what a change began with was there.
    const comesBefore = ({ commit }: CommitFile) =>
      of === null || typeof of === "string"
        ? this.#facts.precedes(commit, of)
        : (this.#facts.commits.get(commit)?.committed ?? Infinity) <= of.time
    const isClosed = ({ commit, path }: CommitFile) => !this.#isCircle(`${commit}\0${path}`)
    const file = files.findLast((one) => comesBefore(one) && isClosed(one)) ?? files.find(isClosed)
    if (file !== undefined) return this.ofCommit(file.commit, file.path)
    if (this.#facts.wasFound(oid) || this.#facts.baselines.includes(oid)) return this.#baseline(oid)
    return of === null || typeof of === "string" ? undefined : this.#outside(oid, of, "replayed")
  }

  /** Whether a state is what is being derived. Counts those who ask. */
  #isCircle(state: string | number): boolean {
    if (!this.#open.has(state)) return false
    this.#circles += 1
    return true
  }

  /** A content that no agent left: what differs from what was there before is a person's, if somebody was looking. */
  #outside(oid: string, at: Change, evidence: Evidence): Owned | undefined {
    const lines = this.#facts.lines(oid)
    if (lines === undefined) return undefined
    const last = this.#facts.changes.findLast(
      ({ position, checkout }) => position < at.position && checkout === at.checkout
    )
    const event = at.claim === "seen" ? at.position : null
    const owner = this.#isUntold(last)
      ? beforeRecord
      : this.#person(last?.time ?? this.#facts.since, at.time, evidence, event)
    return this.#compose(oid, lines, this.#checkoutStates(at, lines), { owner, event, commit: null, path: at.path })
  }

  #person(from: number, to: number, evidence: Evidence, event: number | null): Attribution {
    if (to + second < this.#facts.since) return unknown("before-record")
    if (this.#facts.wasBlind(from, to)) return unknown("blind-call")
    return { contributor: { type: "human" }, session: null, event, evidence }
  }

  /** What lay in a checkout before a change: its last recorded states, and what commits had brought of these lines. */
  #checkoutStates(at: Change, lines: ReadonlyArray<string>): ReadonlyArray<Ancestor> {
    const changes = this.#facts.changes.filter(
      ({ position, checkout, after }) =>
        position < at.position && checkout === at.checkout && after !== null && after !== at.before
    )
    const files = this.#facts.files
      .filter(({ commit, after }) => after !== null && this.#wasThere(commit, at) && !this.#comesOf(after, at))
      .toReversed()
    const last = changes.slice(-1)
    const recent = files.slice(0, tried)
    const known = new Set([...last, ...recent].flatMap(({ after }) => this.#facts.lines(after ?? "") ?? []))
    const rest = files.slice(tried)
    const missing = rest.length === 0 ? [] : lines.filter((line) => !known.has(line))
    const carrying = new Set(missing.flatMap((line) => this.#carrying(line).map(({ file }) => file)))
    const further = rest.filter((file) => carrying.has(file))
    return [
      ...last.flatMap((change) => this.#ancestor(change.after, () => this.ofChange(change))),
      ...[...recent, ...further.slice(0, tried)].flatMap(({ commit, path, after }) =>
        this.#ancestor(after, () => this.ofCommit(commit, path))
      ),
      ...this.#older([...this.#facts.found, ...this.#facts.baselines])
    ]
  }

  /** Whether a content is only known as what came of a change, or of later ones. */
  #comesOf(oid: string, change: Change): boolean {
    const makers = this.#byAfter.get(oid) ?? []
    return makers.length > 0 && makers.every(({ position }) => position >= change.position)
  }

  #ancestor(oid: string | null, owned: () => Owned | undefined, more: Partial<Ancestor> = {}): ReadonlyArray<Ancestor> {
    if (oid === null || oid === "") return []
    const lines = this.#facts.lines(oid)
    const owners = lines === undefined ? undefined : owned()
    return lines === undefined || owners === undefined ? [] : [{ oid, lines, owners, ...more }]
  }

  /** The lines of a content, explained by earlier ones. */
  #compose(oid: string, lines: ReadonlyArray<string>, ancestors: ReadonlyArray<Ancestor>, author: Author): Owned {
    return compose(lines, ancestors, author, (ancestor) => this.#between(ancestor.oid, ancestor.lines, oid, lines))
  }

  /** The transition between two contents: derived once, and not at all where a recorded change was just that. */
  #between(before: string, was: ReadonlyArray<string>, after: string, is: ReadonlyArray<string>): Transition {
    const key = `${before} ${after}`
    let known = this.#transitions.get(key)
    if (known === undefined) {
      const change = this.#byAfter.get(after)?.find((one) => one.before === before && one.transition !== undefined)
      this.#transitions.set(key, (known = change?.transition ?? transition(was, is)))
    }
    return known
  }

  /** Owners of all lines of a file in a commit; undefined when its content is lost. */
  ofCommit(commit: string, path: string): Owned | undefined {
    this.#begin()
    const key = `${commit}\0${path}`
    if (this.#commits.has(key)) return this.#commits.get(key)
    const file = this.#fileOf.get(key)
    const fact = this.#facts.commits.get(commit)
    if (file === undefined || fact === undefined) return undefined
    if (this.#isCircle(key)) return undefined
    this.#open.add(key)
    const circles = this.#circles
    const owners = file.after === null ? [] : this.#withImports(this.#commitOwners(fact, file, file.after), file)
    this.#open.delete(key)
    if (this.#isCertain(key, circles)) this.#commits.set(key, owners)
    return owners
  }

  /**
   * The owner of a line (1-based) that a commit introduced by git's account. Where a line was added among equal ones, git may
   * point at another of them than we do: it is the added one that is meant.
   */
  lineOf(commit: string, path: string, line: number): Attribution {
    const file = this.#fileOf.get(`${commit}\0${path}`)
    const owners = this.ofCommit(commit, path)
    const lines = file?.after == null || owners === undefined ? undefined : this.#facts.lines(file.after)
    const owner =
      file === undefined || lines === undefined ? undefined : owners?.[slid(this.#added(file, lines), lines, line - 1)]
    const found = owner ?? this.committerOf(commit, file)
    return found.contributor.type === "unknown" ? (this.#facts.imported(commit, path, line) ?? found) : found
  }

  /** Lines that a commit took out of a file: whose they were, and who took them out. */
  deletionsOf(commit: string, path: string): ReadonlyArray<Deletion> {
    const file = this.#fileOf.get(`${commit}\0${path}`)
    if (file?.before == null) return []
    const before = this.#facts.lines(file.before)
    const after = file.after === null ? [] : this.#facts.lines(file.after)
    if (before === undefined || after === undefined) return []
    const owners = this.#parentState(file) ?? []
    const gone: Array<{ readonly line: number; readonly owner: Credit; readonly by: Credit }> = []
    for (const line of removedIn(transition(before, after))) {
      const owner = owners[line] ?? unknown("content-lost")
      gone.push({ line, owner: creditOf(owner), by: creditOf(this.#deleter(before[line] ?? "", file, commit)) })
    }
    return rangesWith(gone)
  }

  /** Lines that a change took out, and whose they were. */
  removedBy(change: Change): ReadonlyArray<Deletion> {
    if (change.transition === undefined || change.before === null) return []
    const before = this.#changeBefore(change)
    const owners = before === undefined ? this.ofState(change.path, change.before, change) : this.ofChange(before)
    const by = creditOf(authorOf(change).owner)
    return rangesWith(
      removedIn(change.transition).map((line) => ({
        line,
        owner: creditOf(owners?.[line] ?? unknown("content-lost")),
        by
      }))
    )
  }

  /** Whoever took a line out on the way from a commit's parent to the commit. */
  #deleter(text: string, file: CommitFile, commit: string): Attribution {
    const until = (this.#facts.commits.get(commit)?.committed ?? 0) + second
    const change = this.#facts.changes.findLast(({ before, transition, time, session }) => {
      if (session === null || transition === undefined || before === null || time >= until) return false
      const lines = transition.hunks.some(({ removed }) => removed > 0) ? this.#facts.lines(before) : undefined
      return lines !== undefined && removedIn(transition).some((line) => lines[line] === text)
    })
    return change === undefined ? this.committerOf(commit, file) : authorOf(change).owner
  }

  /** What a commit added to a file, as places of whole insertions. */
  #added({ commit, path, before, after }: CommitFile, lines: ReadonlyArray<string>): ReadonlyArray<Block> {
    const key = `${commit}\0${path}`
    let known = this.#insertions.get(key)
    if (known === undefined) {
      const old = before === null ? [] : this.#facts.lines(before)
      known = old === undefined ? [] : insertions(this.#between(before ?? "", old, after ?? "", lines))
      this.#insertions.set(key, known)
    }
    return known
  }

  #commitOwners(fact: CommitFact, file: CommitFile, oid: string): Owned | undefined {
    const creation = this.#circumstances.creation(fact.commit)
    const making = {
      oid,
      fact,
      checkout: creation?.checkout ?? null,
      at: creation?.at ?? fact.committed,
      from: creation?.from
    }
    const exact = this.#exact(making)
    if (exact !== undefined) {
      const owners = this.ofChange(exact)
      if (owners !== undefined)
        return this.#circumstances.isRewritten(oid, fact) ? owners.map((owner) => atBest(owner, "rewritten")) : owners
    }
    if (this.#facts.wasFound(oid)) return this.#baseline(oid)
    if (file.before === null) {
      const copied = this.#copyOf(oid, file.path, Infinity)
      if (copied !== undefined) return copied
    }
    const lines = this.#facts.lines(oid)
    if (lines === undefined) return undefined
    const owner = this.committerOf(fact.commit, file)
    const author = { owner, event: null, commit: fact.commit, path: file.path }
    const parents = [
      ...this.#ancestor(file.before, () => this.#parentState(file)),
      ...this.#facts
        .otherParents(fact.commit, file.path)
        .flatMap((parent) => this.#ancestor(parent, () => this.ofState(file.path, parent, fact.commit)))
    ]
    const ancestors = [
      ...(creation !== undefined && isReplayed(creation.verb) ? [] : this.#pending(lines, making)),
      ...parents,
      ...this.#resembled(file.before, file.path, lines),
      ...this.#older(this.#facts.found),
      ...this.#sources(fact, creation)
    ]
    const all = [...ancestors, ...this.#elsewhere(fact.commit, lines, ancestors)]
    return this.#movedBetween(fact.commit, file.path, this.#compose(oid, lines, all, author), lines, author)
  }

  #parentState({ commit, path, from, before }: CommitFile): Owned | undefined {
    return before === null ? undefined : this.ofState(from ?? path, before, commit)
  }

  /** These contents, which are older than the record. */
  #older(oids: ReadonlyArray<string>): ReadonlyArray<Ancestor> {
    return oids.flatMap((oid) => this.#ancestor(oid, () => this.#baseline(oid)))
  }

  /** Whether the file was something when the record began of which nobody kept the content, and nothing is known since. */
  #isUntold(last: Change | undefined): boolean {
    return last === undefined && this.#facts.found.some((oid) => this.#facts.lines(oid) === undefined)
  }

  /** A content that is older than the record. */
  #baseline(oid: string): Owned | undefined {
    return this.#facts.lines(oid)?.map(() => beforeRecord)
  }

  /** Whoever wrote what a commit has and nothing before it had, as far as nothing else is known about it. */
  committerOf(commit: string, file?: CommitFile): Attribution {
    const fact = this.#facts.commits.get(commit)
    if (fact === undefined || fact.committed + second < this.#facts.since) return unknown("before-record")
    const creation = this.#circumstances.creation(commit)
    if (creation === undefined || creation.verb.startsWith("am")) return unknown("not-recorded-here")
    const isTyped = /^commit|^merge|^revert|continue|edit|reword/.test(creation.verb)
    const isKnown = () =>
      [...this.#facts.commits.values()].some((earlier) => this.#circumstances.rewrites(fact, earlier))
    if (!isTyped && !isKnown()) return unknown("not-recorded-here")
    const previous = file?.before == null ? undefined : this.#filesByAfter.get(file.before)?.[0]
    const last = this.#facts.changes.findLast(({ time }) => time < fact.committed + second)
    if (previous === undefined && this.#isUntold(last)) return beforeRecord
    const from = this.#facts.commits.get(previous?.commit ?? "")?.committed ?? this.#facts.since
    return this.#person(from, fact.committed + second - 1, "replayed", null)
  }

  /** The recorded change that led to exactly this content. */
  #exact(making: Making): Change | undefined {
    const { oid, fact, checkout } = making
    const changes = (this.#byAfter.get(oid) ?? []).filter((change) => this.#circumstances.mayCome(change, making))
    const until = fact === null ? Infinity : fact.committed + second
    const timely = changes.filter(({ time }) => time < until)
    return timely.findLast((change) => change.checkout === checkout) ?? timely.at(-1) ?? changes[0]
  }

  /** States that lay in a checkout at a time, nearest to what they are to explain first. */
  #pending(lines: ReadonlyArray<string>, making: Making): ReadonlyArray<Ancestor> {
    const { oid, fact, checkout, at } = making
    const states: Array<Change> = []
    for (const change of this.#facts.changes.toReversed()) {
      if (states.length === tried) break
      if (change.checkout !== checkout || change.time >= at + second) continue
      if (!this.#circumstances.isAtHand(change, making)) continue
      if (!this.#descends(change, oid) && !this.#isAfter(change, fact)) states.push(change)
    }
    const target = new Set(lines)
    const ranked = states.flatMap((change) => {
      const known = change.after === null || change.after === "" ? undefined : this.#facts.lines(change.after)
      if (known === undefined) return []
      const common = known.filter((line) => target.has(line)).length
      return [{ change, far: known.length + lines.length - 2 * common }]
    })
    // The nearest is what lay there; what only another one has was taken out again, and came back as nobody saw.
    const lying = ranked
      .sort((a, b) => a.far - b.far)
      .flatMap(({ change }, index) =>
        this.#ancestor(change.after, () => this.ofChange(change), {
          spent: this.#spent(change, fact?.commit ?? null),
          ...(index === 0 ? {} : { superseded: true })
        })
      )
    return [...lying, ...this.#takenUp(making)]
  }

  /** The last content that an agent left here and a commit took up: what equals it now is similar, and no more. */
  #takenUp(making: Making): ReadonlyArray<Ancestor> {
    const last = this.#facts.changes.findLast(
      (change) =>
        change.checkout === making.checkout &&
        change.time < making.at + second &&
        change.session !== null &&
        !this.#circumstances.isAtHand(change, making) &&
        !this.#descends(change, making.oid) &&
        !this.#isAfter(change, making.fact)
    )
    return last === undefined
      ? []
      : this.#ancestor(last.after, () => this.ofChange(last), { spent: everything, superseded: true })
  }

  /** Lines of a change's content that a commit before `commit` took up already. */
  #spent(change: Change, commit: string | null): Pick<ReadonlySet<number>, "has"> {
    const lines = this.#facts.lines(change.after ?? "") ?? []
    const answers = new Map<number, boolean>()
    const isSpent = (line: number): boolean =>
      this.#carrying(lines[line] ?? "").some(({ file, text }) => {
        const at = this.#facts.commits.get(file.commit)?.committed ?? 0
        if (at + second <= change.time || !this.#facts.precedes(file.commit, commit)) return false
        const stays = unchanged(this.#between(change.after ?? "", lines, file.after ?? "", text))
        return stays.some(({ from, count }) => from <= line && line < from + count)
      })
    return {
      has: (line) => {
        const known = answers.get(line) ?? isSpent(line)
        answers.set(line, known)
        return known
      }
    }
  }

  /** The commits that have a line, the last first. */
  #carrying(line: string): ReadonlyArray<Carrier> {
    this.#carriers ??= carriersOf(this.#facts)
    return this.#carriers.get(line) ?? []
  }

  #isAfter(change: Change, fact: CommitFact | null): boolean {
    return fact !== null && this.#chronology.isAfter(change, fact)
  }

  /** Whether a commit was there before a change. */
  #wasThere(commit: string, change: Change): boolean {
    const fact = this.#facts.commits.get(commit)
    return fact !== undefined && fact.committed <= change.time && !this.#chronology.isBefore(change, fact)
  }

  /** Whether a change was made on top of a content: then it came after it, even within the same second. */
  #descends(change: Change, oid: string): boolean {
    const seen = new Set<number>()
    for (let at: Change | undefined = change; at !== undefined && !seen.has(at.position); at = this.#changeBefore(at)) {
      if (at.before === oid) return true
      seen.add(at.position)
    }
    return false
  }

  /** Commits that this one takes the place of, picks from or undoes. */
  #sources(fact: CommitFact, creation: Creation | undefined): ReadonlyArray<Ancestor> {
    const rewritten = this.#facts.files.filter(({ commit }) => {
      const earlier = this.#facts.commits.get(commit)
      return (
        earlier !== undefined &&
        commit !== fact.commit &&
        this.#circumstances.wasThere(commit, fact.commit) &&
        (this.#circumstances.rewrites(fact, earlier) || this.#circumstances.tookFrom(creation?.from, commit))
      )
    })
    const own = (file: CommitFile) => {
      const earlier = this.#facts.commits.get(file.commit)
      return earlier !== undefined && this.#circumstances.rewrites(fact, earlier) ? 0 : 1
    }
    const undone = this.#facts.files.filter(({ commit }) => fact.reverts !== null && commit.startsWith(fact.reverts))
    return [
      ...undone.flatMap((file) =>
        this.#ancestor(file.before, () => this.ofState(file.from ?? file.path, file.before ?? "", file.commit))
      ),
      ...rewritten
        .toReversed()
        .sort((a, b) => own(a) - own(b))
        .flatMap((file) =>
          this.#ancestor(file.after, () => this.ofCommit(file.commit, file.path), { grade: "rewritten" })
        )
    ]
  }

  /**
   * Other branches and stashes that have some of these lines and `others` have not: only what was brought from there as a whole
   * (squash, cherry-pick without commit, apply), apart from what the history here ever had, which may have been taken out.
   */
  #elsewhere(
    commit: string | null,
    lines: ReadonlyArray<string>,
    others: ReadonlyArray<Ancestor>
  ): ReadonlyArray<Ancestor> {
    const files = this.#facts.files
      .filter((file) => file.after !== null && file.commit !== commit && !this.#facts.precedes(file.commit, commit))
      .filter((file) => commit === null || !this.#facts.precedes(commit, file.commit))
      .filter((file) => this.#facts.isLive(file.commit) || this.#circumstances.wasLeft(file.commit))
      .filter((file) => this.#circumstances.wasThere(file.commit, commit))
    if (files.length === 0) return []
    const told = others.filter(({ superseded }) => superseded !== true)
    const missing = missingIn(told, lines)
    if (missing.size === 0) return []
    const known = new Set(told.flatMap((ancestor) => ancestor.lines))
    const isOwn = (line: string) =>
      !known.has(line) && !this.#carrying(line).some(({ file }) => this.#facts.precedes(file.commit, commit))
    return files
      .filter(({ after }) => this.#facts.lines(after ?? "")?.some((line) => missing.has(line)))
      .slice(-tried)
      .toReversed()
      .flatMap((file) =>
        this.#ancestor(file.after, () => this.ofCommit(file.commit, file.path), {
          grade: "rewritten",
          whole: new Set(this.#facts.lines(file.after ?? "")?.filter(isOwn))
        })
      )
  }

  /** Blocks that the same commit (null: what is on disk) took out of another file: they were moved. */
  #movedBetween(
    commit: string | null,
    path: string,
    owners: Owned,
    lines: ReadonlyArray<string>,
    author: Author
  ): Owned {
    const blocks = blocksOf(owners, author.owner)
    if (blocks.length === 0) return owners
    const result = [...owners]
    for (const other of this.#facts.siblings(commit, path)) {
      const before = other.before === null ? undefined : this.#facts.lines(other.before)
      const after = other.after === null ? [] : this.#facts.lines(other.after)
      if (before === undefined || after === undefined || other.before === null) continue
      const places = movesInto(lines, blocks, before, takenOut(transition(before, after)))
      if (places.length === 0) continue
      const origin = this.#facts.elsewhere(other.path)?.ofState(other.from ?? other.path, other.before, commit)
      take(result, places, origin, author, other.from ?? other.path)
    }
    return result
  }

  /** Where nothing here tells, a record from elsewhere may. */
  #withImports(owners: Owned | undefined, { commit, path }: CommitFile): Owned | undefined {
    if (owners?.some(({ contributor }) => contributor.type === "unknown") !== true) return owners
    return owners.map((owner, line) =>
      owner.contributor.type === "unknown" ? (this.#facts.imported(commit, path, line + 1) ?? owner) : owner
    )
  }

  /** Owners of a content in a checkout that is in no commit (yet): on disk or staged. `head`: the content at HEAD. */
  ofUncommitted(
    path: string,
    content: { readonly oid: string; readonly lines: ReadonlyArray<string> },
    checkout: string,
    head: { readonly oid: string; readonly committed: number } | undefined,
    now: number
  ): Owned {
    const making = { oid: content.oid, fact: null, checkout, at: now, from: this.#circumstances.resetAway(checkout) }
    const exact = this.#exact(making)
    const known = exact === undefined ? undefined : this.ofChange(exact)
    if (known !== undefined && known.length === content.lines.length) return known
    if (this.#facts.wasFound(content.oid)) return content.lines.map(() => beforeRecord)
    if (head === undefined) {
      const copied = this.#copyOf(content.oid, path, Infinity)
      if (copied !== undefined) return copied
    }
    const last = this.#facts.changes.findLast((change) => change.checkout === checkout)
    const from = Math.max(last?.time ?? 0, head?.committed ?? 0, this.#facts.since)
    const owner = this.#isUntold(last) ? beforeRecord : this.#person(from, now, "replayed", null)
    const ancestors = [
      ...this.#pending(content.lines, making),
      ...this.#ancestor(head?.oid ?? null, () => this.ofState(path, head?.oid ?? "", null)),
      ...this.#resembled(head?.oid ?? null, path, content.lines),
      ...this.#older(this.#facts.found)
    ]
    const all = [...ancestors, ...this.#elsewhere(null, content.lines, ancestors)]
    const author = { owner, event: null, commit: null, path }
    const owners = this.#compose(content.oid, content.lines, all, author)
    return this.#movedBetween(null, path, owners, content.lines, author)
  }
}

/** Those of these lines that no ancestor has. */
const missingIn = (ancestors: ReadonlyArray<Ancestor>, lines: ReadonlyArray<string>): ReadonlySet<string> => {
  const missing = new Set(lines)
  for (const ancestor of ancestors) {
    // The nearest come first, and often have them all.
    if (missing.size === 0) break
    for (const line of ancestor.lines) missing.delete(line)
  }
  return missing
}

/** A commit's content. */
interface Carrier {
  readonly file: CommitFile
  readonly text: ReadonlyArray<string>
}

/** By line. */
const carriersOf = ({ files, lines }: Facts): ReadonlyMap<string, ReadonlyArray<Carrier>> => {
  const carriers = new Map<string, Array<Carrier>>()
  for (const file of files.toReversed()) {
    const text = file.after === null ? undefined : lines(file.after)
    if (text !== undefined) for (const line of new Set(text)) put(carriers, line, { file, text })
  }
  return carriers
}

/** An agent's edit, as the author of a transition. */
const authorOf = (change: Change): Author => {
  const { position, session, model, claim, modified, formatter, path } = change
  const credit = {
    contributor: {
      type: modified ? ("mixed" as const) : ("ai" as const),
      ...(model === null ? {} : { model_id: model })
    },
    session,
    event: position,
    evidence: claim === "window" ? ("recovered" as const) : ("direct" as const)
  }
  return {
    owner: claim === "contested" ? { ...unknown("contested"), event: position } : credit,
    event: position,
    commit: null,
    path,
    ...(formatter === null ? {} : { formatter })
  }
}

const put = <A>(map: Map<string, Array<A>>, key: string, value: A): void => {
  const known = map.get(key)
  if (known === undefined) map.set(key, [value])
  else known.push(value)
}
