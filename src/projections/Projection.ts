/**
 * What a projection is: tables, and a pure fold of events into their rows. It can be thrown away and derived again from
 * event 1, and comes out the same; so `apply` must use nothing but the event, the rows, and the contents that the event
 * refers to by their hash.
 *
 * To add one: a file here with its tables and its `apply`, and a line in `all.ts`. To change one: raise `version`.
 */
import type { Contents } from "../events/Blobs.ts"
import type { RecordedEvent } from "../events/Event.ts"

export type Value = string | number | null

export type ColumnType = "TEXT" | "INTEGER"

/** A table whose rows are `Row`s; made by `table`, which checks the one against the other. */
export interface TableSpec<out Row extends object = object> {
  readonly name: string
  readonly columns: Readonly<Record<string, ColumnType>>
  readonly key: ReadonlyArray<string>
  readonly indexes?: ReadonlyArray<ReadonlyArray<string>>
  /** Rows are only ever added, in order of their key: they need not be kept in memory while folding. */
  readonly appendOnly?: boolean
  /** Never there: it only carries the type of the rows. */
  readonly Row?: Row
}

/** The rows of one table, as of the event that is being applied. */
export interface Table<Row extends object> {
  /** By the values of its key, in their order. */
  readonly get: (...key: ReadonlyArray<Value>) => Row | undefined
  /** Adds the row, or puts it in place of the one with the same key. */
  readonly put: (row: Row) => void
}

export type Tables = <Row extends object>(spec: TableSpec<Row>) => Table<Row>

export interface Projection {
  readonly name: string
  /** Raise it when `apply` or the tables change meaning: every log then derives this projection again by itself. */
  readonly version: number
  readonly tables: ReadonlyArray<TableSpec>
  /** The hashes of the contents that `apply` will ask for, so that those of many events can be read together. */
  readonly contentsOf?: (event: RecordedEvent) => ReadonlyArray<string>
  /** What it throws becomes a recorded fault of this event, and none of the event's changes to the rows stay. */
  readonly apply: (event: RecordedEvent, tables: Tables, contents: Contents) => void
}

export const table = <Row extends object>(
  spec: TableSpec<Row> & {
    readonly columns: { readonly [Column in keyof Row]-?: ColumnType }
    readonly key: ReadonlyArray<keyof Row & string>
    readonly indexes?: ReadonlyArray<ReadonlyArray<keyof Row & string>>
  }
): TableSpec<Row> => spec
