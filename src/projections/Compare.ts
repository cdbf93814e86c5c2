/** Live rows against rows derived again. */
import { createHash } from "node:crypto"
import type { Database } from "../events/Database.ts"
import type { Projection } from "./Projection.ts"
import { rowsInOrder } from "./Schema.ts"

export interface Difference {
  readonly table: string
  /** Rows as lists of values in order of the columns; null where one side has no such row. */
  readonly live: ReadonlyArray<unknown> | null
  readonly derived: ReadonlyArray<unknown> | null
}

/** SHA-256 over all rows of a projection, in order. */
export const digest = (database: Database, projection: Projection): string => {
  const sum = createHash("sha256")
  for (const spec of projection.tables) {
    sum.update(`${spec.name}\n`)
    for (const row of rowsInOrder(database, spec)) sum.update(`${JSON.stringify(row)}\n`)
  }
  return sum.digest("hex")
}

/** The first five rows that differ, by a merge of both sides in the order of their keys. */
export function* differencesOf(live: Database, derived: Database, projection: Projection): Generator<Difference> {
  let found = 0
  for (const spec of projection.tables) {
    const columns = Object.keys(spec.columns)
    const keyOf = (row: ReadonlyArray<unknown>) => spec.key.map((column) => row[columns.indexOf(column)])
    const left = rowsInOrder(live, spec)
    const right = rowsInOrder(derived, spec)
    let a = left.next()
    let b = right.next()
    while (found < 5 && !(a.done === true && b.done === true)) {
      const order = a.done === true ? 1 : b.done === true ? -1 : compareKeys(keyOf(a.value), keyOf(b.value))
      const liveRow = order <= 0 && a.done !== true ? a.value : null
      const derivedRow = order >= 0 && b.done !== true ? b.value : null
      if (JSON.stringify(liveRow) !== JSON.stringify(derivedRow)) {
        found += 1
        yield { table: spec.name, live: liveRow, derived: derivedRow }
      }
      if (order <= 0) a = left.next()
      if (order >= 0) b = right.next()
    }
    left.return?.()
    right.return?.()
  }
}

/** As SQLite compares integers and, bytewise, text. */
const compareKeys = (a: ReadonlyArray<unknown>, b: ReadonlyArray<unknown>): number => {
  for (const [index, left] of a.entries()) {
    const right = b[index]
    const order =
      typeof left === "number" && typeof right === "number"
        ? left - right
        : Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)))
    if (order !== 0) return order
  }
  return 0
}
