/** The table of texts that repeat from event to event, and a cache of it: a name never changes once it has its number. */
import type { Database } from "./Database.ts"

export interface Names {
  /** The number of a name, given one when it is new. Only inside a write transaction. */
  readonly intern: (name: string) => number
  /** The number of a name, when it has one. */
  readonly find: (name: string) => number | undefined
  /** The name of a number; undefined when the table has lost it. */
  readonly text: (id: number) => string | undefined
  /** To be called when a write transaction was rolled back: numbers given in it are free again. */
  readonly forget: () => void
}

export const make = (database: Database): Names => {
  const ids = new Map<string, number>()
  const texts = new Map<number, string>()

  const remember = (id: number, name: string) => {
    // A log may hold a million sessions; no command needs them all at once.
    if (ids.size > 20_000) forget()
    ids.set(name, id)
    texts.set(id, name)
    return id
  }
  const forget = () => {
    ids.clear()
    texts.clear()
  }
  const find = (name: string) => {
    const known = ids.get(name)
    if (known !== undefined) return known
    const row = database.prepare("SELECT id FROM names WHERE name = ?").get(name) as { id: number } | undefined
    return row === undefined ? undefined : remember(row.id, name)
  }
  return {
    find,
    forget,
    intern: (name) =>
      find(name) ??
      remember(Number(database.prepare("INSERT INTO names (name) VALUES (?)").run(name).lastInsertRowid), name),
    text: (id) => {
      const known = texts.get(id)
      if (known !== undefined) return known
      const row = database.prepare("SELECT name FROM names WHERE id = ?").get(id) as { name: string } | undefined
      if (row !== undefined) remember(id, row.name)
      return row?.name
    }
  }
}
