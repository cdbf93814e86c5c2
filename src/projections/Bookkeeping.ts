/** Which projections a log has, made by which code, up to which event, with which faults. */
import type { Database } from "../events/Database.ts"
import type { Fault } from "./Fold.ts"
import type { Projection } from "./Projection.ts"

export interface Bookkeeping {
  readonly name: string
  readonly version: number
  /** Null: the head. Whoever appends without folding must note the position instead: see `fallBehind`. */
  readonly position: number | null
  readonly rebuilt: number
}

export const bookkeeping = (database: Database): ReadonlyArray<Bookkeeping> =>
  database.prepare("SELECT name, version, position, rebuilt FROM projections").all() as ReadonlyArray<Bookkeeping>

export const find = (database: Database, name: string): Bookkeeping | undefined =>
  bookkeeping(database).find((row) => row.name === name)

/** Notes that a projection was made by this code, and is in step from here on. */
export const saveInStep = (database: Database, projection: Projection, rebuilt: number): void => {
  database
    .prepare("INSERT OR REPLACE INTO projections (name, version, position, rebuilt) VALUES (?, ?, NULL, ?)")
    .run(projection.name, projection.version, rebuilt)
}

/** Notes that a projection stays at a position while the log goes on. */
export const fallBehind = (database: Database, name: string, position: number): void => {
  database.prepare("UPDATE projections SET position = ? WHERE name = ? AND position IS NULL").run(position, name)
}

export const saveFaults = (database: Database, faults: ReadonlyArray<Fault>): void => {
  const insert = database.prepare(
    "INSERT OR REPLACE INTO projection_faults (projection, position, error) VALUES (?, ?, ?)"
  )
  for (const fault of faults) insert.run(fault.projection, fault.position, fault.error)
}

export const headPosition = (database: Database): number =>
  Number(database.prepare("SELECT coalesce(max(position), 0) FROM events").pluck().get())

/** Whether a projection is in step with the log: then its rows can be decided on. */
export const isCurrent = (database: Database, projection: Projection): boolean => {
  const row = find(database, projection.name)
  return row?.version === projection.version && row.position === null
}
