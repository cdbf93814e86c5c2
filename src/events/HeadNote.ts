/**
 * A note of the log's head in a file of its own, made whenever a process that appended is done. SQLite silently drops what it
 * cannot read at the end of a write-ahead log: with the note, a log that lost acknowledged events no longer verifies.
 */
import { readFileSync, writeFileSync } from "node:fs"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Database } from "./Database.ts"

const Note = Schema.parseJson(
  Schema.Struct({
    /** Which history the note is of: a restore begins another. */
    generation: Schema.String,
    position: Schema.Int,
    hash: Schema.String
  })
)

const fileOf = (database: Database): string => `${database.path}.head`

/** Notes the head as it is now. Several processes may do so at once: a note that is a little old still says something. */
export const write = (database: Database): void => {
  const head = database.prepare("SELECT position, hash FROM events ORDER BY position DESC LIMIT 1").get()
  if (head === undefined) return
  const note = JSON.stringify({ generation: String(database.generation.value), ...head })
  // Written in place: one that was cut short is none.
  writeFileSync(fileOf(database), `${note}\n`, { mode: 0o600 })
}

/** What the log no longer agrees with, if anything: the position and hash that were noted. */
export const lost = (database: Database): { readonly position: number; readonly hash: string } | undefined => {
  const note = read(database)
  if (note === undefined || note.generation !== String(database.generation.value)) return undefined
  const hash = database.prepare("SELECT hash FROM events WHERE position = ?").pluck().get(note.position)
  return hash === note.hash ? undefined : note
}

const read = (database: Database): Schema.Schema.Type<typeof Note> | undefined => {
  try {
    return Either.getOrUndefined(Schema.decodeUnknownEither(Note)(readFileSync(fileOf(database), "utf8")))
  } catch {
    // No note, no comparison: a log that was moved here by hand has none.
    return undefined
  }
}
