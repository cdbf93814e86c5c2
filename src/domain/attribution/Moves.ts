/** Lines that were moved from one file to another. */
import { align } from "./Align.ts"
import type { Attribution } from "./Attribution.ts"
import { says } from "./Compose.ts"
import type { Owned } from "./Facts.ts"
import type { Block } from "./Insertions.ts"
import type { Author } from "./Owners.ts"

/** At least three lines in a row of which one says something are no accident. */
export const fewestMoved = 3

/** So many lines in a row that an author wrote. */
export const blocksOf = (owners: Owned, author: Attribution): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  for (let at = 0; at < owners.length; at++) {
    if (owners[at] !== author) continue
    const start = at
    while (owners[at + 1] === author) at++
    if (at + 1 - start >= fewestMoved) blocks.push({ start, count: at + 1 - start })
  }
  return blocks
}

/** New line → line of another file that was taken out there, for whole pieces of the blocks. */
export const movesInto = (
  lines: ReadonlyArray<string>,
  blocks: ReadonlyArray<Block>,
  before: ReadonlyArray<string>,
  removed: ReadonlyArray<number>
): ReadonlyArray<readonly [line: number, from: number]> => {
  const gone = removed.map((line) => before[line] ?? "")
  return blocks.flatMap(({ start, count }) =>
    align(gone, lines.slice(start, start + count)).flatMap((run) => {
      const piece = gone.slice(run.a, run.a + run.length)
      if (run.length < fewestMoved || !piece.some(says)) return []
      return piece.map((_, step) => [start + run.b + step, removed[run.a + step] ?? 0] as const)
    })
  )
}

/** Gives moved lines the owners that they had where they came from. */
export const take = (
  result: Array<Attribution>,
  places: ReadonlyArray<readonly [line: number, from: number]>,
  origin: Owned | undefined,
  { owner, event, commit }: Author,
  path: string
): void => {
  for (const [line, from] of places) {
    const moved = origin?.[from]
    if (moved !== undefined)
      result[line] = { ...moved, movedBy: { event, commit, contributor: owner.contributor.type, from: path } }
  }
}
