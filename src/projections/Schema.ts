/** The tables of projections, made and dropped. */
import type { Database } from "../events/Database.ts"
import type { Projection, TableSpec } from "./Projection.ts"

/** Creates the tables of a projection; `physical` names the real table of each. Indexes come apart: see `createIndexes`. */
export const createTables = (database: Database, projection: Projection, physical: (name: string) => string): void => {
  for (const spec of projection.tables) {
    const columns = Object.entries(spec.columns).map(([name, type]) => `"${name}" ${type}`)
    const single = spec.key.length === 1 && spec.columns[spec.key[0] ?? ""] === "INTEGER"
    database.sqlite.exec(
      `CREATE TABLE "${physical(spec.name)}" (${columns.join(", ")}, PRIMARY KEY (${quoted(spec.key)})) STRICT${single ? "" : ", WITHOUT ROWID"}`
    )
  }
}

export const createIndexes = (database: Database, projection: Projection): void => {
  for (const spec of projection.tables) {
    for (const index of spec.indexes ?? []) {
      database.sqlite.exec(`CREATE INDEX "${spec.name}_${index.join("_")}" ON "${spec.name}" (${quoted(index)})`)
    }
  }
}

export const dropTables = (database: Database, projection: Projection, physical: (name: string) => string): void => {
  for (const spec of projection.tables) database.sqlite.exec(`DROP TABLE IF EXISTS "${physical(spec.name)}"`)
}

export const renameTables = (database: Database, projection: Projection, from: (name: string) => string): void => {
  for (const spec of projection.tables)
    database.sqlite.exec(`ALTER TABLE "${from(spec.name)}" RENAME TO "${spec.name}"`)
}

/** All rows of a table in order of its key, each as a list of values in order of its columns. */
export const rowsInOrder = (database: Database, spec: TableSpec): IterableIterator<ReadonlyArray<unknown>> =>
  database.sqlite
    .prepare<[], ReadonlyArray<unknown>>(
      `SELECT ${quoted(Object.keys(spec.columns))} FROM "${spec.name}" ORDER BY ${quoted(spec.key)}`
    )
    .raw()
    .iterate()

const quoted = (names: ReadonlyArray<string>): string => names.map((name) => `"${name}"`).join(", ")
