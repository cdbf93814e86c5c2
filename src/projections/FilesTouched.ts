/** Files touched: which session changed which file, how often and how last. */
import { exactHash } from "../domain/Content.ts"
import type { Database } from "../events/Database.ts"
import { type Projection, table } from "./Projection.ts"

export interface FileRow {
  readonly session: string
  readonly path: string
  readonly project: string | null
  readonly edits: number
  readonly operation: string
  /** SHA-256 of the content after the last edit; null when deleted or not known. */
  readonly content: string | null
  readonly first: number
  readonly last: number
}

export const fileRows = table<FileRow>({
  name: "files_touched",
  columns: {
    session: "TEXT",
    path: "TEXT",
    project: "TEXT",
    edits: "INTEGER",
    operation: "TEXT",
    content: "TEXT",
    first: "INTEGER",
    last: "INTEGER"
  },
  key: ["session", "path"],
  indexes: [["project", "path"]]
})

export const FilesTouched: Projection = {
  name: "files_touched",
  version: 1,
  tables: [fileRows],
  apply: (event, tables) => {
    if (event.type !== "FileEdited" || event.correlation === null) return
    const files = tables(fileRows)
    const { operation, after } = event.payload
    // Half a surrogate pair cannot be stored, and so cannot be a key.
    const path = event.payload.path.toWellFormed()
    const row = files.get(event.correlation, path)
    files.put({
      session: event.correlation,
      path,
      project: event.project,
      edits: (row?.edits ?? 0) + 1,
      operation,
      content: (after && exactHash(after)) ?? null,
      first: row?.first ?? event.position,
      last: event.position
    })
  }
}

/** In the order in which they were first touched. */
export const ofSession = (database: Database, session: string): ReadonlyArray<FileRow> =>
  database
    .prepare("SELECT * FROM files_touched WHERE session = ? ORDER BY first")
    .all(session) as ReadonlyArray<FileRow>

/** The paths of all files that agents changed in a project. */
export const pathsIn = (database: Database, project: string): ReadonlyArray<string> =>
  database
    .prepare("SELECT DISTINCT path FROM files_touched WHERE project = ? ORDER BY path")
    .pluck()
    .all(project) as ReadonlyArray<string>
