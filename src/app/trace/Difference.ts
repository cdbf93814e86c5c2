/** What one version of the algorithm says differently from another, over everything that the log knows of a project. */
import * as Effect from "effect/Effect"
import type { Attribution } from "../../domain/attribution/Attribution.ts"
import { rangesOf } from "../../domain/attribution/Owners.ts"
import type { Algorithm } from "../../domain/attribution/Transition.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Changes from "../../projections/Attribution.ts"
import { checkoutHere } from "../ProjectOf.ts"
import { gather } from "./Past.ts"
import { scanned } from "./Scanned.ts"

/** Lines of a file, as the log last knew it, whose attribution differs. Null: that version cannot tell. */
export interface DifferentRange {
  readonly file: string
  readonly start: number
  readonly end: number
  readonly from: Attribution | null
  readonly to: Attribution | null
}

export interface AlgorithmDifference {
  readonly from: Algorithm
  readonly to: Algorithm
  readonly files: number
  readonly lines: number
  readonly items: ReadonlyArray<DifferentRange>
}

export const difference = (from: Algorithm, to: Algorithm) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const checkout = yield* checkoutHere
    const { project } = yield* scanned(checkout)
    const paths = Changes.pathsOf(database, project)
    const question = { project, checkout: checkout.path, head: null, paths }
    const before = yield* gather({ ...question, algorithm: from })
    const after = yield* gather({ ...question, algorithm: to })
    const items: Array<DifferentRange> = []
    let files = 0
    let lines = 0
    for (const file of [...paths].sort()) {
      const last = after.latest(file)
      if (last === undefined) continue
      // Each by its own view of the last change: a change knows how its contents are compared.
      const [old, fresh] = [before, after].map((past) => past.lineage(file).ofChange(past.latest(file) ?? last) ?? [])
      files += 1
      lines += fresh?.length ?? 0
      const pairs = (fresh ?? []).map((owner, line) => ({ from: old?.[line] ?? null, to: owner }))
      const shown = pairs.map((pair) => ({ ...pair, key: JSON.stringify(pair) }))
      for (const { start, end, value } of rangesOf(shown, (a, b) => a.key === b.key)) {
        if (JSON.stringify(value.from) !== JSON.stringify(value.to))
          items.push({ file, start, end, from: value.from, to: value.to })
      }
    }
    return { from, to, files, lines, items } satisfies AlgorithmDifference
  })
