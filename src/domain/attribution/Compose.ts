/** A content explained by earlier ones: each of its lines gets its owner from the first that has it. */
import type { Attribution, Evidence } from "./Attribution.ts"
import { type Author, advance, atBest, unknown } from "./Owners.ts"
import { type Source, transition, type Transition } from "./Transition.ts"

/** An earlier content that lines may come from. */
export interface Ancestor {
  readonly lines: ReadonlyArray<string>
  readonly owners: ReadonlyArray<Attribution>
  /** Lines that come from here are no better proved than this. */
  readonly grade?: Evidence
  /** Only if all that it has beside the other ancestors is found: then somebody brought it here on purpose. */
  readonly onlyWhole?: boolean
  /** It was left behind: an agent's line that is only here, nobody knows whose it is now. */
  readonly superseded?: boolean
  /** Lines (0-based) that went into history already: they come from there, or not at all. */
  readonly spent?: ReadonlySet<number>
}

/**
 * First whatever is the same line for line, in the order of the ancestors; then, in the same order, what was moved, laid out
 * anew or changed in part; what is left is the author's.
 */
export const compose = (
  lines: ReadonlyArray<string>,
  ancestors: ReadonlyArray<Ancestor>,
  author: Author
): ReadonlyArray<Attribution> => {
  const result: Array<Attribution | undefined> = lines.map(() => undefined)
  /** What a line equals without coming from there: the event that had written it. */
  const similar = new Map<number, number>()
  /** Lines that only a superseded content has. */
  const doubtful = new Set<number>()
  const used: Array<Ancestor & { readonly step: Transition }> = []
  for (const ancestor of ancestors) {
    // Whatever comes after could only explain what is not explained yet.
    if (!result.includes(undefined)) break
    const step = transition(ancestor.lines, lines)
    const same = unchanged(step)
    if (ancestor.onlyWhole === true && !isWhole(ancestor.lines, same, result, ancestors)) continue
    used.push({ ...ancestor, step })
    for (const [line, from] of same) {
      const owner = ancestor.owners[from]
      if (ancestor.spent?.has(from) === true) {
        if (owner?.contributor.type === "ai" && owner.event !== null) similar.set(line, owner.event)
        continue
      }
      if (ancestor.superseded === true) {
        if (owner?.contributor.type === "ai" && says(lines[line] ?? "")) doubtful.add(line)
        continue
      }
      if (result[line] === undefined && owner !== undefined) result[line] = graded(owner, ancestor.grade)
    }
  }
  for (const { step, owners, grade, spent, onlyWhole, superseded } of used) {
    if (!result.includes(undefined)) break
    if (onlyWhole === true || superseded === true) continue
    const carried = advance(owners, step, author, (line) => lines[line]?.length ?? 0)
    const origins = originsOf(step)
    for (const [line, owner] of carried.entries()) {
      if (result[line] !== undefined || owner === author.owner) continue
      // Text that went into history is history's; see `spent`.
      const isSpent = spent !== undefined && origins.get(line)?.every((from) => spent.has(from)) !== false
      if (!isSpent) result[line] = graded(owner, grade)
    }
  }
  return result.map((owner, line) => {
    const similarTo = similar.get(line)
    if (owner === undefined && doubtful.has(line)) return unknown("superseded")
    return owner ?? (similarTo === undefined ? author.owner : { ...author.owner, similarTo })
  })
}

/** New line → the old lines that something of it comes from, of those that did not simply stay. */
const originsOf = ({ hunks }: Transition): ReadonlyMap<number, ReadonlyArray<number>> =>
  new Map(
    hunks.flatMap(({ fresh, sources }) =>
      [...sources].map(([index, source]) => [fresh + index, linesOf(source)] as const)
    )
  )

/** The old lines that a line comes from. */
export const linesOf = (source: Source): ReadonlyArray<number> =>
  source.kind === "moved" ? [source.line] : source.parts.map(({ line }) => line)

const graded = (owner: Attribution, grade: Evidence | undefined): Attribution =>
  grade === undefined ? owner : atBest(owner, grade)

/** New line → old line, of those that stayed as they were. */
export const unchanged = ({ hunks, lines }: Transition): ReadonlyArray<readonly [number, number]> => {
  const pairs: Array<readonly [number, number]> = []
  let line = 0
  let from = 0
  for (const hunk of [...hunks, { old: Infinity, removed: 0, fresh: lines, added: 0 }]) {
    for (; line < hunk.fresh; line++, from++) pairs.push([line, from])
    line += hunk.added
    from += hunk.removed
  }
  return pairs
}

/** Blank lines and brackets are the same in any text. */
export const says = (line: string): boolean => /[\p{L}\p{N}]{2}/u.test(line)

/** Every line that this ancestor has and the others have not is there, and at least one of them says something. */
const isWhole = (
  lines: ReadonlyArray<string>,
  same: ReadonlyArray<readonly [number, number]>,
  result: ReadonlyArray<Attribution | undefined>,
  ancestors: ReadonlyArray<Ancestor>
): boolean => {
  const found = new Set(same.flatMap(([line, from]) => (result[line] === undefined ? [from] : [])))
  if (![...found].some((from) => says(lines[from] ?? ""))) return false
  const others = new Set(
    ancestors.flatMap((one) => (one.onlyWhole === true || one.superseded === true ? [] : one.lines))
  )
  const kept = new Set(same.map(([, from]) => from))
  return lines.every((line, from) => kept.has(from) || others.has(line))
}
