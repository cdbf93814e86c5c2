/** Which projections a log has, made by which code, up to which event, with which faults. */
import type { Database } from "../events/Database.ts"
import type { Fault } from "./Fold.ts"
import type { Projection } from "./Projection.ts"

export interface Bookkeeping {
  readonly name: string
  readonly version: number
  readonly position: number
  readonly rebuilt: number
}

/** By the projection's name. */
export const bookkeeping = (database: Database): ReadonlyMap<string, Bookkeeping> =>
  new Map(
    (
      database.prepare("SELECT name, version, position, rebuilt FROM projections").all() as ReadonlyArray<Bookkeeping>
    ).map((row) => [row.name, row])
  )

export const saveBookkeeping = (
  database: Database,
  projection: Projection,
  position: number,
  rebuilt: number
): void => {
  database
    .prepare("INSERT OR REPLACE INTO projections (name, version, position, rebuilt) VALUES (?, ?, ?, ?)")
    .run(projection.name, projection.version, position, rebuilt)
}

export const saveFaults = (database: Database, faults: ReadonlyArray<Fault>): void => {
  const insert = database.prepare(
    "INSERT OR REPLACE INTO projection_faults (projection, position, error) VALUES (?, ?, ?)"
  )
  for (const fault of faults) insert.run(fault.projection, fault.position, fault.error)
}

export const headPosition = (database: Database): number =>
  Number(database.prepare("SELECT coalesce(max(position), 0) FROM events").pluck().get())

/** Whether a projection is as of the head: then its rows can be decided on. */
export const isCurrent = (database: Database, projection: Projection): boolean => {
  const row = bookkeeping(database).get(projection.name)
  return row !== undefined && row.version === projection.version && row.position === headPosition(database)
}
