/** Lines that are gone. */
import type { Credit, Deletion } from "./Attribution.ts"
import { linesOf } from "./Compose.ts"
import { sameCredit } from "./Owners.ts"
import type { Transition } from "./Transition.ts"

/** Neighbouring lines (0-based) with the same owner, deleted by the same. */
export const rangesWith = (
  gone: ReadonlyArray<{ readonly line: number; readonly owner: Credit; readonly by: Credit }>
): ReadonlyArray<Deletion> => {
  const deletions: Array<Deletion> = []
  for (const { line, owner, by } of gone) {
    const last = deletions.at(-1)
    if (last !== undefined && last.end === line && sameCredit(last.owner, owner) && sameCredit(last.by, by))
      deletions[deletions.length - 1] = { ...last, end: line + 1 }
    else deletions.push({ start: line + 1, end: line + 1, owner, by })
  }
  return deletions
}

/** Old lines that are there no more as they were, wherever some words of them are now. */
export const takenOut = ({ hunks }: Transition): ReadonlyArray<number> => {
  const whole = hunks.flatMap(({ sources }) => [...sources.values()].filter(({ kind }) => kind !== "changed"))
  const left = new Set(whole.flatMap(linesOf))
  return hunks
    .flatMap(({ old, removed }) => Array.from({ length: removed }, (_, step) => old + step))
    .filter((line) => !left.has(line))
}

/** Old lines of which nothing is left. */
export const removedIn = (step: Transition): ReadonlyArray<number> => {
  const changed = new Set(step.hunks.flatMap(({ sources }) => [...sources.values()].flatMap(linesOf)))
  return takenOut(step).filter((line) => !changed.has(line))
}
