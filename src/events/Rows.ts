/** From rows of the events table to events. */
import type { Actor } from "../domain/Actor.ts"
import type { Database } from "./Database.ts"
import type { Query, RecordedEvent } from "./Event.ts"
import type { Names } from "./Names.ts"
import { upcast } from "./Upcast.ts"

const columns = `position, id, origin, seq, stream, version, type, schema, time, project, actor, correlation, causation, key,
  payload, hash`

type Row = readonly [
  position: number,
  id: string,
  origin: number,
  seq: number,
  stream: number,
  version: number,
  type: number,
  schema: number,
  time: number,
  project: number | null,
  actor: number,
  correlation: number | null,
  causation: string | null,
  key: string | null,
  payload: string | null,
  hash: string
]

/** At most `limit` events that match, in order of position. */
export const page = (database: Database, names: Names, query: Query, limit: number): ReadonlyArray<RecordedEvent> => {
  const condition = conditions(names, query)
  if (condition === undefined) return []
  const statement = database.prepare(`SELECT ${columns} FROM events WHERE ${condition.sql} ORDER BY position LIMIT ?`)
  return (statement.raw().all(...condition.values, limit) as unknown as ReadonlyArray<Row>).map((row) =>
    decode(names, row)
  )
}

/**
 * Undefined when nothing can match, since a name does not occur. One index is chosen here, the narrowest, and kept from the
 * others by a unary plus: with several to choose from, SQLite has been seen to sort a million rows.
 */
const conditions = (names: Names, query: Query): { sql: string; values: ReadonlyArray<unknown> } | undefined => {
  const parts = ["position > ?"]
  const values: Array<unknown> = [query.after ?? 0]
  let indexed = false
  const named = (column: string, wanted: ReadonlyArray<string>): boolean => {
    const ids = wanted.flatMap((name) => names.find(name) ?? [])
    if (ids.length === 0) return false
    const single = ids.length === 1
    parts.push(`${indexed || !single ? "+" : ""}${column} IN (${ids.map(() => "?").join(", ")})`)
    values.push(...ids)
    indexed ||= single
    return true
  }
  if (query.until !== undefined) {
    parts.push("position <= ?")
    values.push(query.until)
  }
  if (query.positions !== undefined) {
    parts.push("position IN (SELECT value FROM json_each(?))")
    values.push(JSON.stringify(query.positions))
    indexed = true
  }
  if (query.stream !== undefined && !named("stream", [query.stream])) return undefined
  if (query.correlation !== undefined && !named("correlation", [query.correlation])) return undefined
  if (query.types !== undefined && !named("type", query.types)) return undefined
  if (query.project !== undefined && !named("project", [query.project])) return undefined
  if (query.since !== undefined) {
    parts.push("+time >= ?")
    values.push(query.since)
  }
  if (query.before !== undefined) {
    parts.push("+time <= ?")
    values.push(query.before)
  }
  return { sql: parts.join(" AND "), values }
}

const actors = new Map<string, Actor>()

const actorOf = (text: string): Actor => {
  let actor = actors.get(text)
  if (actor === undefined) {
    actor = JSON.parse(text) as Actor
    actors.set(text, actor)
  }
  return actor
}

const decode = (names: Names, row: Row): RecordedEvent => {
  const type = names.text(row[6]) ?? ""
  const schema = row[7]
  const event = {
    position: row[0],
    id: row[1],
    device: names.text(row[2]) ?? "",
    seq: row[3],
    stream: names.text(row[4]) ?? "",
    version: row[5],
    type,
    schema,
    time: row[8],
    project: row[9] === null ? null : (names.text(row[9]) ?? null),
    actor: actorOf(names.text(row[10]) ?? '{"kind":"system","name":"?"}'),
    correlation: row[11] === null ? null : (names.text(row[11]) ?? null),
    causation: row[12],
    key: row[13],
    // Payloads were validated when they were appended; the chain says whether they still are what was appended.
    payload: row[14] === null ? null : upcast(type, schema, JSON.parse(row[14])),
    hash: row[15]
  }
  return event as RecordedEvent
}
