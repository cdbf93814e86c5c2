/** Rows of projections in memory while events are folded, written to their tables together at the end. */
import type { Database } from "../events/Database.ts"
import type { Table, Tables, TableSpec, Value } from "./Projection.ts"

/** How many rows may wait before `isFull` asks for a `flush`. */
const fullAt = 20_000

/** How many rows of a table that only grows go into one statement. */
const together = 50

export interface Rows {
  readonly tables: Tables
  /** From here on, changes can be taken back. */
  readonly begin: () => void
  /** Takes back every change since `begin`. */
  readonly revert: () => void
  /** Whether there is enough to write that a flush should come soon. */
  readonly isFull: () => boolean
  /** Writes what changed. Inside a write transaction of the database. */
  readonly flush: () => void
}

type AnyRow = Record<string, Value>

/** A change of a row: where it was made, and what was known and waiting there before. */
interface Change {
  readonly store: Store
  readonly at: string
  readonly wasKnown: boolean
  readonly known: AnyRow | undefined
  readonly waiting: AnyRow | undefined
}

/** `physical` names the real table of a spec: the live one, or the shadow of a rebuild, which starts empty. */
export const make = (database: Database, physical: (name: string) => string, startsEmpty: boolean): Rows => {
  const stores = new Map<TableSpec, Store>()
  const changes: Array<Change> = []
  let waiting = 0

  const storeOf = (spec: TableSpec): Store => {
    let store = stores.get(spec)
    if (store === undefined) {
      store = new Store(database, spec, physical(spec.name), startsEmpty, (change) => {
        waiting += 1
        changes.push(change)
      })
      stores.set(spec, store)
    }
    return store
  }

  return {
    tables: <Row extends object>(spec: TableSpec<Row>) => storeOf(spec) as unknown as Table<Row>,
    begin: () => {
      changes.length = 0
    },
    revert: () => {
      for (const change of changes.reverse()) change.store.restore(change)
      changes.length = 0
    },
    isFull: () => waiting >= fullAt,
    flush: () => {
      for (const store of stores.values()) store.flush()
      changes.length = 0
      waiting = 0
    }
  }
}

/** The rows of one table. */
class Store implements Table<AnyRow> {
  readonly #database: Database
  readonly #spec: TableSpec
  readonly #sql: Statements
  readonly #changed: (change: Change) => void
  /** What is known of the table; undefined: known not to be there. */
  readonly #known = new Map<string, AnyRow | undefined>()
  /** Which of it is not yet written. */
  readonly #dirty = new Map<string, AnyRow>()
  /** Rows of a table that only grows. */
  readonly #added: Array<AnyRow> = []

  /** Keys that are in the table though not in `#known`, where the table started empty: no need to ask it for others. */
  readonly #written: Set<string> | undefined

  constructor(
    database: Database,
    spec: TableSpec,
    name: string,
    startsEmpty: boolean,
    changed: (change: Change) => void
  ) {
    this.#written = startsEmpty ? new Set() : undefined
    this.#database = database
    this.#spec = spec
    this.#sql = statementsOf(spec, name)
    this.#changed = changed
  }

  get(...key: ReadonlyArray<Value>): AnyRow | undefined {
    const at = keyText(key)
    const known = this.#known.get(at)
    if (known !== undefined || this.#known.has(at)) return known
    const isThere = this.#written === undefined || this.#written.has(at)
    const row = isThere ? (this.#database.prepare(this.#sql.select).get(...key) as AnyRow | undefined) : undefined
    this.#known.set(at, row)
    return row
  }

  put(row: AnyRow): void {
    if (this.#spec.appendOnly === true) {
      this.#added.push(row)
      this.#changed({ store: this, at: "", wasKnown: false, known: undefined, waiting: undefined })
      return
    }
    const at = this.#keyOf(row)
    const known = this.#known.get(at)
    this.#changed({ store: this, at, wasKnown: this.#known.has(at), known, waiting: this.#dirty.get(at) })
    this.#known.set(at, row)
    this.#dirty.set(at, row)
  }

  restore({ at, wasKnown, known, waiting }: Change): void {
    if (this.#spec.appendOnly === true) {
      this.#added.pop()
      return
    }
    if (wasKnown) this.#known.set(at, known)
    else this.#known.delete(at)
    if (waiting === undefined) this.#dirty.delete(at)
    else this.#dirty.set(at, waiting)
  }

  flush(): void {
    const statement = this.#database.prepare(this.#sql.write)
    const values: Array<Value> = []
    const save = (row: AnyRow) => {
      for (const [index, column] of this.#sql.columns.entries()) values[index] = row[column] ?? null
      statement.run(values)
    }
    const { columns, writeMany } = this.#sql
    let done = 0
    for (; this.#added.length - done >= together; done += together) {
      const rows = this.#added.slice(done, done + together)
      this.#database.prepare(writeMany).run(rows.flatMap((row) => columns.map((column) => row[column] ?? null)))
    }
    for (const row of this.#added.slice(done)) save(row)
    // In the order of the keys, so that rows of one page are written together.
    const keys = [...this.#dirty.keys()]
    for (const at of keys.length > 100 ? keys.sort() : keys) save(this.#dirty.get(at) ?? {})
    this.#added.length = 0
    this.#dirty.clear()
    if (this.#known.size <= fullAt) return
    for (const [at, row] of this.#known) if (row !== undefined) this.#written?.add(at)
    this.#known.clear()
  }

  #keyOf(row: AnyRow): string {
    const [first = "", ...more] = this.#spec.key
    return more.length === 0 ? String(row[first]) : keyText(this.#spec.key.map((column) => row[column] ?? null))
  }
}

interface Statements {
  readonly columns: ReadonlyArray<string>
  readonly select: string
  readonly write: string
  /** The same for `together` rows at once. */
  readonly writeMany: string
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
      write: `INSERT OR REPLACE INTO "${name}" (${list}) VALUES (${marks})`,
      writeMany: `INSERT INTO "${name}" (${list}) VALUES ${Array(together).fill(`(${marks})`).join(", ")}`
    }
    known.set(name, made)
  }
  return made
}

const keyText = (values: ReadonlyArray<Value>): string =>
  values.length === 1 ? String(values[0]) : values.map(String).join("\u0000")
