/** History: what was read of repositories, kept when git forgets it. */
import type { Database } from "../events/Database.ts"
import { type Projection, table } from "./Projection.ts"

/** A commit that changed a file of interest. Times in milliseconds since 1970. */
export interface CommitRow {
  readonly project: string
  readonly oid: string
  /** Ids with a blank between. */
  readonly parents: string
  readonly author: string
  /** See `CommitSeen.authorKey`. */
  readonly author_key: string
  readonly authored: number
  readonly committed: number
  readonly reverts: string | null
  readonly picked_from: string | null
  /** Of the event that it was first seen by. */
  readonly position: number
}

/** What a commit changed in one file of interest, against its first parent. Blob ids; null: no such file. */
export interface ChangedFileRow {
  readonly project: string
  readonly commit: string
  readonly path: string
  /** The path before; null: the same. */
  readonly origin: string | null
  readonly before: string | null
  readonly after: string | null
}

/** HEAD of one checkout moved: see `HeadMoved`. */
export interface MoveRow {
  readonly position: number
  readonly project: string
  readonly checkout: string
  readonly source: string
  readonly target: string
  readonly verb: string
  readonly onto: string | null
  readonly at: number
}

/** A content that git may have forgotten, and the stored copy of it. */
interface KeptRow {
  readonly project: string
  readonly oid: string
  readonly blob: string
}

/** What a file of a checkout was when the record began, where git had it otherwise. */
interface BaselineRow {
  readonly project: string
  readonly path: string
  readonly checkout: string
  readonly oid: string
}

/** An Agent Trace record or git-ai note of a commit, made elsewhere. */
export interface ImportedRow {
  readonly project: string
  readonly commit: string
  readonly source: string
  readonly format: string
  /** The stored record. */
  readonly record: string
  readonly position: number
}

const commitRows = table<CommitRow>({
  name: "history_commits",
  columns: {
    project: "TEXT",
    oid: "TEXT",
    parents: "TEXT",
    author: "TEXT",
    author_key: "TEXT",
    authored: "INTEGER",
    committed: "INTEGER",
    reverts: "TEXT",
    picked_from: "TEXT",
    position: "INTEGER"
  },
  key: ["project", "oid"],
  indexes: [["project", "author_key", "authored"]]
})

const changedRows = table<ChangedFileRow>({
  name: "history_files",
  columns: { project: "TEXT", commit: "TEXT", path: "TEXT", origin: "TEXT", before: "TEXT", after: "TEXT" },
  key: ["project", "commit", "path"],
  indexes: [
    ["project", "path", "after"],
    ["project", "after"]
  ]
})

const moveRows = table<MoveRow>({
  name: "history_moves",
  columns: {
    position: "INTEGER",
    project: "TEXT",
    checkout: "TEXT",
    source: "TEXT",
    target: "TEXT",
    verb: "TEXT",
    onto: "TEXT",
    at: "INTEGER"
  },
  key: ["position"],
  indexes: [["project"]],
  appendOnly: true
})

const keptRows = table<KeptRow>({
  name: "history_kept",
  columns: { project: "TEXT", oid: "TEXT", blob: "TEXT" },
  key: ["project", "oid"]
})

const baselineRows = table<BaselineRow>({
  name: "history_baselines",
  columns: { project: "TEXT", path: "TEXT", checkout: "TEXT", oid: "TEXT" },
  key: ["project", "path", "checkout"],
  indexes: [["project", "oid"]]
})

const importedRows = table<ImportedRow>({
  name: "history_imported",
  columns: {
    project: "TEXT",
    commit: "TEXT",
    source: "TEXT",
    format: "TEXT",
    record: "TEXT",
    position: "INTEGER"
  },
  key: ["project", "commit", "source"]
})

export const History: Projection = {
  name: "history",
  version: 3,
  tables: [commitRows, changedRows, moveRows, keptRows, baselineRows, importedRows],
  apply: (event, tables) => {
    const { project, position } = event
    if (project === null) return
    switch (event.type) {
      case "CommitSeen": {
        const { commit, files, parents, author, authorKey, authored, committed, reverts, pickedFrom } = event.payload
        // One whose files became of interest later is told again, with those.
        if (tables(commitRows).get(project, commit) === undefined) {
          tables(commitRows).put({
            project,
            oid: commit,
            parents: parents.join(" "),
            author,
            author_key: authorKey,
            authored,
            committed,
            reverts: reverts ?? null,
            picked_from: pickedFrom ?? null,
            position
          })
        }
        for (const [path, origin, before, after] of files)
          tables(changedRows).put({ project, commit, path, origin, before, after })
        return
      }
      case "HeadMoved": {
        const { checkout, from, to, verb, onto, at } = event.payload
        return tables(moveRows).put({
          position,
          project,
          checkout: checkout.toWellFormed(),
          source: from,
          target: to,
          verb,
          onto: onto ?? null,
          at
        })
      }
      case "BaselineSeen": {
        const checkout = event.payload.checkout.toWellFormed()
        for (const [path, oid] of event.payload.files)
          tables(baselineRows).put({ project, path: path.toWellFormed(), checkout, oid })
        return
      }
      case "ContentKept": {
        const { oid, blob } = event.payload.content
        return blob === undefined ? undefined : tables(keptRows).put({ project, oid, blob })
      }
      case "TraceImported": {
        const { commit, source, format, record } = event.payload
        return tables(importedRows).put({ project, commit, source: source.toWellFormed(), format, record, position })
      }
      default:
        return undefined
    }
  }
}

/** Undefined when it was never seen. */
export const commit = (database: Database, project: string, oid: string): CommitRow | undefined =>
  database.prepare("SELECT * FROM history_commits WHERE project = ? AND oid = ?").get(project, oid) as
    | CommitRow
    | undefined

/** Commits by one author with one author time, which rewriting a commit keeps. In order of their first being seen. */
export const commitsByAuthor = (
  database: Database,
  project: string,
  authorKey: string,
  authored: number
): ReadonlyArray<CommitRow> =>
  database
    .prepare("SELECT * FROM history_commits WHERE project = ? AND author_key = ? AND authored = ? ORDER BY position")
    .all(project, authorKey, authored) as ReadonlyArray<CommitRow>

/** The files of interest that a commit changed. */
export const changesOf = (database: Database, project: string, oid: string): ReadonlyArray<ChangedFileRow> =>
  database
    .prepare('SELECT * FROM history_files WHERE project = ? AND "commit" = ? ORDER BY path')
    .all(project, oid) as ReadonlyArray<ChangedFileRow>

/** The files of interest that each of these commits changed. */
export const changesOfAll = (
  database: Database,
  project: string,
  oids: ReadonlyArray<string>
): ReadonlyMap<string, ReadonlyArray<ChangedFileRow>> => {
  const found = new Map<string, Array<ChangedFileRow>>(oids.map((oid) => [oid, []]))
  const rows = database
    .prepare(
      'SELECT * FROM history_files WHERE project = ? AND "commit" IN (SELECT value FROM json_each(?)) ORDER BY "commit", path'
    )
    .iterate(project, JSON.stringify(oids)) as Iterable<ChangedFileRow>
  for (const row of rows) found.get(row.commit)?.push(row)
  return found
}

/** What commits changed in files of these names. */
export const changesNamed = (
  database: Database,
  project: string,
  paths: ReadonlyArray<string>
): ReadonlyArray<ChangedFileRow> =>
  database
    .prepare("SELECT * FROM history_files WHERE project = ? AND path IN (SELECT value FROM json_each(?))")
    .all(project, JSON.stringify(paths)) as ReadonlyArray<ChangedFileRow>

/** Every commit that was seen in a project. */
export const commits = (database: Database, project: string): ReadonlyArray<CommitRow> =>
  database.prepare("SELECT * FROM history_commits WHERE project = ?").all(project) as ReadonlyArray<CommitRow>

/** Commits that gave a file the content with this blob id; with `path` null, any file. */
export const commitsWith = (
  database: Database,
  project: string,
  path: string | null,
  oid: string
): ReadonlyArray<ChangedFileRow> => {
  const [where, values] = path === null ? ["", []] : [" AND path = ?", [path]]
  return database
    .prepare(`SELECT * FROM history_files WHERE project = ? AND after = ?${where}`)
    .all(project, oid, ...values) as ReadonlyArray<ChangedFileRow>
}

/** In the order in which they were read; those of one checkout in the order in which they happened. */
export const moves = (database: Database, project: string): ReadonlyArray<MoveRow> =>
  database
    .prepare("SELECT * FROM history_moves WHERE project = ? ORDER BY position")
    .all(project) as ReadonlyArray<MoveRow>

/** The hash of the stored copy of a git blob that was kept. */
export const keptBlob = (database: Database, project: string, oid: string): string | undefined =>
  database.prepare("SELECT blob FROM history_kept WHERE project = ? AND oid = ?").pluck().get(project, oid) as
    | string
    | undefined

/** Blob ids that files of these names had when the record began, where git had them otherwise. */
export const baselinesOf = (database: Database, project: string, paths: ReadonlyArray<string>): ReadonlyArray<string> =>
  database
    .prepare(
      "SELECT DISTINCT oid FROM history_baselines WHERE project = ? AND path IN (SELECT value FROM json_each(?))"
    )
    .pluck()
    .all(project, JSON.stringify(paths)) as ReadonlyArray<string>

/** Whether any file had this content when the record began, and git had it otherwise. */
export const isBaseline = (database: Database, project: string, oid: string): boolean =>
  database.prepare("SELECT 1 FROM history_baselines WHERE project = ? AND oid = ?").get(project, oid) !== undefined

/** What was imported of a commit, latest first. */
export const imported = (database: Database, project: string, oid: string): ReadonlyArray<ImportedRow> =>
  database
    .prepare('SELECT * FROM history_imported WHERE project = ? AND "commit" = ? ORDER BY position DESC')
    .all(project, oid) as ReadonlyArray<ImportedRow>

/** Of these blob ids, those of which no copy is stored: neither kept from git, nor what a recorded change led to. */
export const notStored = (database: Database, project: string, oids: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(
    database
      .prepare(
        `SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM history_kept WHERE project = ? AND oid = value)
         AND NOT EXISTS (SELECT 1 FROM line_changes WHERE line_changes.after = value)`
      )
      .pluck()
      .all(JSON.stringify(oids), project) as ReadonlyArray<string>
  )
