/**
 * Attribution: every recorded change of a file as a transition of its lines, found by the content that it led to; and which
 * session and model wrote in which files. Owners of lines are derived from these rows when somebody asks.
 */
import type { Contents } from "../events/Blobs.ts"
import type { ContentRef } from "../domain/Content.ts"
import { currentAlgorithm, encode } from "../domain/attribution/Transition.ts"
import type { Database } from "../events/Database.ts"
import type { RecordedEvent } from "../events/Event.ts"
import { transitionBetween } from "./ContentTransition.ts"
import { type Projection, table } from "./Projection.ts"

/** One change: an agent's edit, or what was seen of a person's. */
export interface ChangeRow {
  /** Of the event; also the order of changes. */
  readonly position: number
  readonly project: string
  /** "" outside of a working tree, or when not recorded. */
  readonly checkout: string
  readonly path: string
  /** The path that the content came from; null: the same. */
  readonly origin: string | null
  /** Git blob ids of the content before and after: null where there was no file, "" when not known. */
  readonly before: string | null
  readonly after: string | null
  readonly model: string | null
  /** `FileEdited.claim`, or "edited" for a tool that told the contents itself, or "seen" for a person's. */
  readonly claim: string
  readonly modified: number
  readonly formatter: string | null
  /** See `FileEdited.head`. */
  readonly head: string | null
  /** 1 when secrets were taken out of a stored content. */
  readonly redacted: number
  /** `Transition.encode`; null when a content is not known or has no lines. */
  readonly hunks: string | null
  /** The most lines in a row that it took out. */
  readonly removed: number
}

/** That a model wrote in a file, in a session. */
interface WriterRow {
  readonly project: string
  readonly model: string
  readonly session: string
  readonly path: string
  readonly first: number
  readonly last: number
  /** The content that the last one led to; see `ChangeRow.after`. */
  readonly after: string | null
}

/** The first change that began with a content to which no change of the same writer had led: others are found by that one. */
interface BeginningRow {
  readonly oid: string
  readonly position: number
}

/** A call that may have changed any file while nobody looked. */
export interface BlindCallRow {
  readonly position: number
  readonly project: string
  readonly time: number
}

/** A change with what its event's envelope says. */
export interface TimedChange extends ChangeRow {
  /** Milliseconds since 1970. */
  readonly time: number
  /** Null for what a person did. */
  readonly session: string | null
}

const changeRows = table<ChangeRow>({
  name: "line_changes",
  columns: {
    position: "INTEGER",
    project: "TEXT",
    checkout: "TEXT",
    path: "TEXT",
    origin: "TEXT",
    before: "TEXT",
    after: "TEXT",
    model: "TEXT",
    claim: "TEXT",
    modified: "INTEGER",
    formatter: "TEXT",
    head: "TEXT",
    redacted: "INTEGER",
    hunks: "TEXT",
    removed: "INTEGER"
  },
  key: ["position"],
  indexes: [["path", "project"], ["after"]],
  appendOnly: true
})

const writerRows = table<WriterRow>({
  name: "line_writers",
  columns: {
    project: "TEXT",
    model: "TEXT",
    session: "TEXT",
    path: "TEXT",
    first: "INTEGER",
    last: "INTEGER",
    after: "TEXT"
  },
  key: ["project", "model", "session", "path"],
  indexes: [["session"]]
})

const beginningRows = table<BeginningRow>({
  name: "line_beginnings",
  columns: { oid: "TEXT", position: "INTEGER" },
  key: ["oid"]
})

const blindRows = table<BlindCallRow>({
  name: "blind_calls",
  columns: { position: "INTEGER", project: "TEXT", time: "INTEGER" },
  key: ["position"],
  indexes: [["project", "time"]],
  appendOnly: true
})

export const Attribution: Projection = {
  name: "attribution",
  // With the algorithm, which makes the hunks.
  version: 400 + currentAlgorithm,
  tables: [changeRows, writerRows, beginningRows, blindRows],
  contentsOf: (event) => {
    if (event.type !== "FileEdited" || event.payload === null) return []
    return [event.payload.before?.blob, event.payload.after?.blob].filter((blob) => blob !== undefined)
  },
  apply: (event, tables, contents) => {
    switch (event.type) {
      case "FileEdited": {
        const row = editRow(event, contents)
        const { position, project, path, before, after } = row
        const session = event.correlation
        tables(changeRows).put(row)
        const model = row.model ?? ""
        const known = session === null ? undefined : tables(writerRows).get(project, model, session, path)
        if (before !== null && before !== known?.after && tables(beginningRows).get(before) === undefined)
          tables(beginningRows).put({ oid: before, position })
        if (session === null) return
        const first = known?.first ?? position
        return tables(writerRows).put({ project, model, session, path, first, last: position, after })
      }
      case "FileObserved": {
        const { path, checkout, content } = event.payload
        return tables(changeRows).put({
          position: event.position,
          project: event.project ?? "",
          checkout: (checkout ?? "").toWellFormed(),
          path: path.toWellFormed(),
          origin: null,
          before: "",
          after: content === null ? null : content.oid,
          model: null,
          claim: "seen",
          modified: 0,
          formatter: null,
          head: null,
          redacted: isRedacted(content),
          hunks: null,
          removed: 0
        })
      }
      case "ToolCompleted":
      case "ToolFailed":
        if (event.payload.writes === undefined && mayWrite(event.payload.tool))
          tables(blindRows).put({ position: event.position, project: event.project ?? "", time: event.time })
        return undefined
      default:
        return undefined
    }
  }
}

/** Tools that run programs: shells of all clients, and servers. */
const mayWrite = (tool: string): boolean =>
  /^(?:functions\.)?(?:bash|powershell|shell|exec|exec_command|local_shell|run_shell_command|run_terminal_cmd|terminal)$|^mcp__|^mcp_/i.test(
    tool
  )

type Edited = Extract<RecordedEvent, { readonly type: "FileEdited" }>

const editRow = (event: Edited, contents: Contents): ChangeRow => {
  const { payload, actor } = event
  const found = between(contentAt(payload.before, contents), contentAt(payload.after, contents))
  return {
    position: event.position,
    project: event.project ?? "",
    checkout: (payload.checkout ?? "").toWellFormed(),
    path: payload.path.toWellFormed(),
    origin: payload.from?.toWellFormed() ?? null,
    before: oidOf(payload.before),
    after: oidOf(payload.after),
    model: (actor.kind === "agent" ? actor.model : undefined) ?? payload.model ?? null,
    claim: payload.claim ?? "edited",
    modified: payload.userModified === true ? 1 : 0,
    formatter: payload.formatter ?? null,
    head: payload.head ?? null,
    redacted: Math.max(isRedacted(payload.before), isRedacted(payload.after)),
    hunks: found === undefined ? null : encode(found),
    removed: found?.hunks.reduce((most, { removed }) => Math.max(most, removed), 0) ?? 0
  }
}

type Reference = ContentRef | null | undefined

const oidOf = (content: Reference): string | null => (content === undefined ? "" : (content?.oid ?? null))

const isRedacted = (content: Reference): number => ((content?.redacted ?? []).length > 0 ? 1 : 0)

const nothing = Buffer.alloc(0)

/** No file has no lines; undefined for content that is not known. */
const contentAt = (content: Reference, contents: Contents): Buffer | undefined =>
  content === null ? nothing : content?.blob === undefined ? undefined : contents(content.blob)

const between = (before: Buffer | undefined, after: Buffer | undefined) =>
  before === undefined || after === undefined ? undefined : transitionBetween(before, after)

const timedChanges = `SELECT line_changes.*, events.time, iif(claim = 'seen', NULL, names.name) AS session
  FROM line_changes JOIN events USING (position) LEFT JOIN names ON names.id = events.correlation`

/** Every change of these files in a project, in order, up to a position. */
export const changesOf = (
  database: Database,
  project: string,
  paths: ReadonlyArray<string>,
  until = Number.MAX_SAFE_INTEGER
): ReadonlyArray<TimedChange> =>
  database
    .prepare(
      `${timedChanges} WHERE line_changes.project = ? AND position <= ?
       AND path IN (SELECT value FROM json_each(?)) ORDER BY position`
    )
    .all(project, until, JSON.stringify(paths)) as ReadonlyArray<TimedChange>

/** Changes of any file that led to this content. */
export const changesTo = (database: Database, project: string, oid: string): ReadonlyArray<TimedChange> =>
  database
    .prepare(`${timedChanges} WHERE line_changes.after = ? AND line_changes.project = ? ORDER BY position`)
    .all(oid, project) as ReadonlyArray<TimedChange>

/** Changes by any session from one position to before another that took out so many lines in a row. */
export const removalsBetween = (
  database: Database,
  from: number,
  to: number,
  fewest: number
): ReadonlyArray<TimedChange> =>
  database
    .prepare(
      `${timedChanges} WHERE position >= ? AND position < ? AND removed >= ? AND session IS NOT NULL ORDER BY position`
    )
    .all(from, to, fewest) as ReadonlyArray<TimedChange>

/** The stored content of a git blob id, as far as recorded changes refer to it: its name among the blobs. */
export const blobOf = (database: Database, oid: string): string | undefined =>
  (database
    .prepare(
      `SELECT coalesce(payload ->> '$.after.blob', payload ->> '$.content.blob') FROM line_changes JOIN events USING (position)
       WHERE line_changes.after = @oid UNION ALL
       SELECT payload ->> '$.before.blob' FROM line_beginnings JOIN events USING (position) WHERE oid = @oid LIMIT 1`
    )
    .pluck()
    .get({ oid }) as string | null | undefined) ?? undefined

/** All files that were changed in a project. */
export const pathsOf = (database: Database, project: string): ReadonlyArray<string> =>
  database
    .prepare("SELECT DISTINCT path FROM line_changes WHERE project = ?")
    .pluck()
    .all(project) as ReadonlyArray<string>

/** When calls ran that nobody looked at, milliseconds since 1970, between two times. */
export const blindCalls = (
  database: Database,
  project: string,
  from: number,
  to: number
): ReadonlyArray<BlindCallRow> =>
  database
    .prepare("SELECT * FROM blind_calls WHERE project = ? AND time BETWEEN ? AND ? ORDER BY position")
    .all(project, from, to) as ReadonlyArray<BlindCallRow>

export interface Writer {
  readonly model: string
  readonly session: string
  readonly path: string
  readonly last: number
}

/** Who wrote in which files; `model` "" where it is not known. */
export const writers = (
  database: Database,
  project: string,
  models?: ReadonlyArray<string>,
  sessions?: ReadonlyArray<string>
): ReadonlyArray<Writer> =>
  database
    .prepare(
      `SELECT model, session, path, last FROM line_writers WHERE project = @project
       AND (@models IS NULL OR model IN (SELECT value FROM json_each(@models)))
       AND (@sessions IS NULL OR session IN (SELECT value FROM json_each(@sessions)))`
    )
    .all({
      project,
      models: models === undefined ? null : JSON.stringify(models),
      sessions: sessions === undefined ? null : JSON.stringify(sessions)
    }) as ReadonlyArray<Writer>

/** Every model that wrote in a project, as the clients name them. */
export const models = (database: Database, project: string): ReadonlyArray<string> =>
  database
    .prepare("SELECT DISTINCT model FROM line_writers WHERE project = ?")
    .pluck()
    .all(project) as ReadonlyArray<string>
