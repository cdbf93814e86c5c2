/** Rows of projections in memory while events are folded, written to their tables together at the end. */
import type { Database } from "../events/Database.ts"
import type { Table, Tables, TableSpec, Value } from "./Projection.ts"

/** How many rows may wait before `isFull` asks for a `flush`. */
const fullAt = 20_000

export interface Rows {
  readonly tables: Tables
  /** Runs `change`; when it throws, no row is as it left it. */
  readonly attempt: (change: () => void) => void
  /** Whether there is enough to write that a flush should come soon. */
  readonly isFull: () => boolean
  /** Writes what changed. Inside a write transaction of the database. */
  readonly flush: () => void
}

type AnyRow = Record<string, Value>

/** `physical` names the real table of a spec: the live one, or the shadow of a rebuild. */
export const make = (database: Database, physical: (name: string) => string): Rows => {
  const stores = new Map<string, Store>()
  let undo: Array<() => void> | undefined
  let waiting = 0

  const storeOf = (spec: TableSpec): Store => {
    let store = stores.get(spec.name)
    if (store === undefined) {
      store = makeStore(database, spec, physical(spec.name), (revert) => {
        waiting += 1
        undo?.push(revert)
      })
      stores.set(spec.name, store)
    }
    return store
  }

  return {
    tables: <Row extends object>(spec: TableSpec<Row>) => storeOf(spec).table as unknown as Table<Row>,
    attempt: (change) => {
      undo = []
      try {
        change()
      } catch (cause) {
        for (const revert of undo.reverse()) revert()
        throw cause
      } finally {
        undo = undefined
      }
    },
    isFull: () => waiting >= fullAt,
    flush: () => {
      for (const store of stores.values()) store.flush()
      waiting = 0
    }
  }
}

interface Store {
  readonly table: Table<AnyRow>
  readonly flush: () => void
}

const makeStore = (database: Database, spec: TableSpec, name: string, changed: (revert: () => void) => void): Store => {
  const { key } = spec
  const { columns, select, write } = statementsOf(spec, name)
  const keyOf = (row: AnyRow) => keyText(key.map((column) => row[column] ?? null))

  // What is known of the table (undefined: known not to be there), and which of it is not yet written.
  const known = new Map<string, AnyRow | undefined>()
  const dirty = new Map<string, AnyRow>()
  const added: Array<AnyRow> = []

  const put = (row: AnyRow) => {
    if (spec.appendOnly === true) {
      added.push(row)
      changed(() => added.pop())
      return
    }
    const at = keyOf(row)
    const before = known.get(at)
    const wasKnown = known.has(at)
    const waiting = dirty.get(at)
    known.set(at, row)
    dirty.set(at, row)
    changed(() => {
      if (wasKnown) known.set(at, before)
      else known.delete(at)
      if (waiting === undefined) dirty.delete(at)
      else dirty.set(at, waiting)
    })
  }

  return {
    table: {
      get: (...values) => {
        const at = keyText(values)
        if (known.has(at)) return known.get(at)
        const row = database.prepare(select).get(...values) as AnyRow | undefined
        known.set(at, row)
        return row
      },
      put
    },
    flush: () => {
      const statement = database.prepare(write)
      const values: Array<Value> = []
      const save = (row: AnyRow) => {
        for (const [index, column] of columns.entries()) values[index] = row[column] ?? null
        statement.run(values)
      }
      for (const row of added) save(row)
      for (const row of dirty.values()) save(row)
      added.length = 0
      dirty.clear()
      if (known.size > fullAt) known.clear()
    }
  }
}

interface Statements {
  readonly columns: ReadonlyArray<string>
  readonly select: string
  readonly write: string
}

const statements = new WeakMap<TableSpec, Map<string, Statements>>()

/** The SQL of a table, made once: live tables are written in every append. */
const statementsOf = (spec: TableSpec, name: string): Statements => {
  let known = statements.get(spec)
  if (known === undefined) statements.set(spec, (known = new Map()))
  let made = known.get(name)
  if (made === undefined) {
    const columns = Object.keys(spec.columns)
    const list = columns.map((column) => `"${column}"`).join(", ")
    const marks = columns.map(() => "?").join(", ")
    made = {
      columns,
      select: `SELECT * FROM "${name}" WHERE ${spec.key.map((column) => `"${column}" = ?`).join(" AND ")}`,
      write: `INSERT OR REPLACE INTO "${name}" (${list}) VALUES (${marks})`
    }
    known.set(name, made)
  }
  return made
}

const keyText = (values: ReadonlyArray<Value>): string =>
  values.length === 1 ? String(values[0]) : values.map(String).join("\u0000")
