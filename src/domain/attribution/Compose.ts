/** A content explained by earlier ones: each of its lines gets its owner from the first that has it. */
import type { Attribution, Evidence } from "./Attribution.ts"
import { type Author, atBest, ownerFrom, unknown } from "./Owners.ts"
import { type Source, transition, type Transition } from "./Transition.ts"

/** An earlier content that lines may come from. */
export interface Ancestor {
  /** Its blob id. */
  readonly oid: string
  readonly lines: ReadonlyArray<string>
  readonly owners: ReadonlyArray<Attribution>
  /** Lines that come from here are no better proved than this. */
  readonly grade?: Evidence
  /** Only if all of these lines are found: then somebody brought it here on purpose. */
  readonly whole?: ReadonlySet<string>
  /** It was left behind: an agent's line that is only here, nobody knows whose it is now. */
  readonly superseded?: boolean
  /** Lines (0-based) that went into history already: they come from there, or not at all. */
  readonly spent?: Pick<ReadonlySet<number>, "has">
}

/**
 * First whatever is the same line for line, in the order of the ancestors; then, in the same order, what was moved, laid out
 * anew or changed in part; what is left is the author's. `between`: the transition from an ancestor to these lines.
 */
export const compose = (
  lines: ReadonlyArray<string>,
  ancestors: ReadonlyArray<Ancestor>,
  author: Author,
  between: (ancestor: Ancestor) => Transition = (ancestor) => transition(ancestor.lines, lines)
): ReadonlyArray<Attribution> => {
  const result: Array<Attribution | undefined> = lines.map(() => undefined)
  const isDone = () => !result.includes(undefined)
  for (const ancestor of ancestors) {
    if (isDone()) break
    if (ancestor.superseded === true || !mayHave(ancestor, lines, result)) continue
    const same = unchanged(between(ancestor))
    if (ancestor.whole !== undefined && !isWhole(ancestor.whole, ancestor.lines, same, result)) continue
    for (const { line: start, from, count } of same) {
      for (let step = 0; step < count; step++) {
        const owner = ancestor.owners[from + step]
        if (result[start + step] === undefined && owner !== undefined && ancestor.spent?.has(from + step) !== true)
          result[start + step] = graded(owner, ancestor.grade)
      }
    }
  }
  for (const ancestor of ancestors) {
    if (isDone()) break
    if (ancestor.whole !== undefined || ancestor.superseded === true) continue
    const { owners, grade, spent } = ancestor
    for (const { fresh, sources } of between(ancestor).hunks) {
      for (const [index, source] of sources) {
        const line = fresh + index
        // Text that went into history is history's; see `spent`.
        const isSpent = spent !== undefined && linesOf(source).every((from) => spent.has(from))
        if (result[line] !== undefined || isSpent) continue
        const owner = ownerFrom(owners, source, author, lines[line]?.length ?? 0)
        if (owner !== author.owner) result[line] = graded(owner, grade)
      }
    }
  }
  const resemblances = resembling(lines, ancestors, result, between)
  return result.map((owner, line) => {
    if (owner !== undefined) return owner
    const { isDoubtful = false, similarTo } = resemblances.get(line) ?? {}
    if (isDoubtful) return unknown("superseded")
    return similarTo === undefined ? author.owner : { ...author.owner, similarTo }
  })
}

interface Resemblance {
  /** Only a superseded content has it. */
  isDoubtful?: boolean
  /** What it equals without coming from there: the event that had written it. */
  similarTo?: number
}

/** Lines that nothing explains and that an agent wrote all the same, in a content that they do not come from. */
const resembling = (
  lines: ReadonlyArray<string>,
  ancestors: ReadonlyArray<Ancestor>,
  result: ReadonlyArray<Attribution | undefined>,
  between: (ancestor: Ancestor) => Transition
): ReadonlyMap<number, Resemblance> => {
  const found = new Map<number, Resemblance>()
  const open: Array<number> = []
  for (let line = result.indexOf(undefined); line >= 0; line = result.indexOf(undefined, line + 1)) open.push(line)
  if (open.length === 0) return found
  for (const ancestor of ancestors) {
    const { owners, spent, superseded } = ancestor
    if ((spent === undefined && superseded !== true) || !mayHave(ancestor, lines, result)) continue
    const stays = unchanged(between(ancestor))
    for (const line of open) {
      const stay = stays.find((one) => one.line <= line && line < one.line + one.count)
      if (stay === undefined) continue
      const from = stay.from + line - stay.line
      const owner = owners[from]
      if (owner?.contributor.type !== "ai") continue
      const resemblance = found.get(line) ?? {}
      if (spent?.has(from) !== true) resemblance.isDoubtful ||= superseded === true && says(lines[line] ?? "")
      else if (owner.event !== null) resemblance.similarTo = owner.event
      found.set(line, resemblance)
    }
  }
  return found
}

/** Whether an ancestor has any of the lines that are not explained yet. */
const mayHave = (
  ancestor: Ancestor,
  lines: ReadonlyArray<string>,
  result: ReadonlyArray<Attribution | undefined>
): boolean => {
  // Most lines are where they were, and need not be looked for.
  if (lines.some((text, line) => result[line] === undefined && ancestor.lines[line] === text)) return true
  const open = new Set(lines.filter((_, line) => result[line] === undefined))
  return open.size > 0 && ancestor.lines.some((line) => open.has(line))
}

/** The old lines that a line comes from. */
export const linesOf = (source: Source): ReadonlyArray<number> =>
  source.kind === "moved" ? [source.line] : source.parts.map(({ line }) => line)

const graded = (owner: Attribution, grade: Evidence | undefined): Attribution =>
  grade === undefined ? owner : atBest(owner, grade)

/** `count` lines from `line` on are the old ones from `from` on. 0-based. */
interface Stay {
  readonly line: number
  readonly from: number
  readonly count: number
}

/** The lines that stayed as they were. */
export const unchanged = ({ hunks, lines }: Transition): ReadonlyArray<Stay> => {
  const stays: Array<Stay> = []
  let line = 0
  let from = 0
  for (const hunk of [...hunks, { removed: 0, fresh: lines, added: 0 }]) {
    const count = hunk.fresh - line
    if (count > 0) stays.push({ line, from, count })
    line += count + hunk.added
    from += count + hunk.removed
  }
  return stays
}

/** Blank lines and brackets are the same in any text. */
export const says = (line: string): boolean => /[\p{L}\p{N}]{2}/u.test(line)

/** Every line of `whole` is there, and something that says something comes from here. */
const isWhole = (
  whole: ReadonlySet<string>,
  lines: ReadonlyArray<string>,
  same: ReadonlyArray<Stay>,
  result: ReadonlyArray<Attribution | undefined>
): boolean => {
  const pairs = same.flatMap(({ line, from, count }) =>
    Array.from({ length: count }, (_, step) => [line + step, from + step] as const)
  )
  if (!pairs.some(([line, from]) => result[line] === undefined && says(lines[from] ?? ""))) return false
  const kept = new Set(pairs.map(([, from]) => from))
  return lines.every((line, from) => kept.has(from) || !whole.has(line))
}
