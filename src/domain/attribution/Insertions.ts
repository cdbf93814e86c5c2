/** Lines that were put in, and where else they could have been put in to the same effect. */
import type { Transition } from "./Transition.ts"

/** Lines `start` to `start + count` (0-based, end exclusive). */
export interface Block {
  readonly start: number
  readonly count: number
}

/** Lines that were put between others, without anything taken out there. */
export const insertions = ({ hunks }: Transition): ReadonlyArray<Block> =>
  hunks.flatMap(({ removed, fresh, added }) => (removed === 0 && added > 0 ? [{ start: fresh, count: added }] : []))

/**
 * The place of an inserted line that a line outside of insertions stands for, if the insertion could as well have been made
 * there: it begins or ends with the lines that stand beside it.
 */
export const slid = (blocks: ReadonlyArray<Block>, lines: ReadonlyArray<string>, line: number): number => {
  if (blocks.some(({ start, count }) => line >= start && line < start + count)) return line
  for (const { start, count } of blocks) {
    let up = start
    while (up > line && lines[up - 1] === lines[up - 1 + count]) up -= 1
    if (line < start && up <= line) return line + count
    let down = start + count
    while (down <= line && lines[down] === lines[down - count]) down += 1
    if (line >= start + count && line < down) return line - count
  }
  return line
}
