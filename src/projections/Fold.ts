/** Folding events into projections, and keeping account of the events that a projection failed on. */
import type { Contents } from "../events/Blobs.ts"
import type { Database } from "../events/Database.ts"
import type { RecordedEvent } from "../events/Event.ts"
import type { Projection } from "./Projection.ts"
import * as Rows from "./Rows.ts"

export interface Fault {
  readonly projection: string
  readonly position: number
  readonly error: string
}

export interface Fold {
  readonly projection: Projection
  readonly apply: (events: ReadonlyArray<RecordedEvent>) => void
  readonly isFull: () => boolean
  /** Writes the rows. Inside a write transaction. */
  readonly flush: () => void
  readonly faults: ReadonlyArray<Fault>
}

/** A fold into the live tables, or into empty ones that `shadow` names; `contents` are those of the log. */
export const make = (
  database: Database,
  projection: Projection,
  contents: Contents,
  shadow?: (name: string) => string
): Fold => {
  const rows = Rows.make(database, shadow ?? ((name) => name), shadow !== undefined)
  const faults: Array<Fault> = []
  return {
    projection,
    faults,
    isFull: rows.isFull,
    flush: rows.flush,
    apply: (events) => {
      const { contentsOf } = projection
      if (contentsOf !== undefined && events.length > 1) contents.soon(events.flatMap(contentsOf))
      for (const event of events) {
        // What was destroyed is in no answer any more.
        if (event.payload === null) continue
        rows.begin()
        try {
          projection.apply(event, rows.tables, contents)
        } catch (cause) {
          rows.revert()
          const error = cause instanceof Error ? cause.message : String(cause)
          faults.push({ projection: projection.name, position: event.position, error })
        }
      }
    }
  }
}
