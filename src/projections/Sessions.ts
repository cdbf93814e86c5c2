/** Sessions: the domain's own fold of each session's events, kept as a row. */
import { agentSession, type SessionId } from "../domain/Ids.ts"
import * as Session from "../domain/Session.ts"
import type { UsageReported } from "../domain/SessionEvents.ts"
import type { Database } from "../events/Database.ts"
import type { RecordedEvent } from "../events/Event.ts"
import { type Projection, table } from "./Projection.ts"

export interface SessionRow {
  readonly id: string
  readonly agent: string
  readonly project: string | null
  readonly model: string | null
  readonly status: Session.State["status"]
  readonly cwd: string
  readonly transcript: string | null
  readonly started: number
  readonly active: number
  readonly prompts: number
  readonly tools: number
  readonly edits: number
  readonly failures: number
  readonly subagents: number
  readonly stops: number
  /** `UsageReported` as JSON. */
  readonly usage: string | null
  readonly last: number
}

export const sessionRows = table<SessionRow>({
  name: "sessions",
  columns: {
    id: "TEXT",
    agent: "TEXT",
    project: "TEXT",
    model: "TEXT",
    status: "TEXT",
    cwd: "TEXT",
    transcript: "TEXT",
    started: "INTEGER",
    active: "INTEGER",
    prompts: "INTEGER",
    tools: "INTEGER",
    edits: "INTEGER",
    failures: "INTEGER",
    subagents: "INTEGER",
    stops: "INTEGER",
    usage: "TEXT",
    last: "INTEGER"
  },
  key: ["id"],
  indexes: [["status", "active"]]
})

const prefix = "session/"

export const Sessions: Projection = {
  name: "sessions",
  version: 1,
  tables: [sessionRows],
  apply: (event, tables) => {
    if (!event.stream.startsWith(prefix)) return
    const sessions = tables(sessionRows)
    const id = event.stream.slice(prefix.length)
    const row = sessions.get(id)
    const state = Session.evolve(row === undefined ? undefined : stateOf(row), event as SessionEvent, event.time)
    const { usage, ...fields } = state
    sessions.put({
      id,
      ...fields,
      project: event.project ?? row?.project ?? null,
      usage: usage === null ? null : usageText(usage),
      last: event.position
    })
  }
}

type SessionEvent = Extract<RecordedEvent, Session.SessionFact>

/** The domain's state of a session, from its row. */
export const stateOf = (row: SessionRow): Session.State => ({
  agent: row.agent,
  model: row.model,
  status: row.status,
  cwd: row.cwd,
  transcript: row.transcript,
  started: row.started,
  active: row.active,
  prompts: row.prompts,
  tools: row.tools,
  edits: row.edits,
  failures: row.failures,
  subagents: row.subagents,
  stops: row.stops,
  usage: row.usage === null ? null : usageOf(row.usage)
})

export const find = (database: Database, id: string): SessionRow | undefined =>
  database.prepare("SELECT * FROM sessions WHERE id = ?").get(id) as SessionRow | undefined

export interface SessionFilter {
  readonly project?: string
  readonly agent?: string
  /** Only those that have not ended. */
  readonly active?: boolean
}

/** The most recently active of those that have not ended. */
export const ongoing = (database: Database, limit: number): ReadonlyArray<SessionRow> =>
  database
    .prepare("SELECT * FROM sessions WHERE status IN ('active', 'idle') ORDER BY active DESC, id LIMIT ?")
    .all(limit) as ReadonlyArray<SessionRow>

export const count = (database: Database): number =>
  Number(database.prepare("SELECT count(*) FROM sessions").pluck().get())

/** Most recently active first. */
export const list = (database: Database, filter: SessionFilter = {}): ReadonlyArray<SessionRow> =>
  database
    .prepare(
      `SELECT * FROM sessions
       WHERE (@project IS NULL OR project = @project) AND (@agent IS NULL OR agent = @agent) AND (@open = 0 OR status <> 'ended')
       ORDER BY active DESC, id`
    )
    .all({
      project: filter.project ?? null,
      agent: filter.agent ?? null,
      open: filter.active === true ? 1 : 0
    }) as ReadonlyArray<SessionRow>

/** Sessions whose id, or whose agent's own id, begins with `text`. */
export const matching = (database: Database, text: string): ReadonlyArray<SessionRow> =>
  list(database).filter((row) => row.id.startsWith(text) || agentSession(row.id as SessionId).startsWith(text))

// Thousands of events lie between two reports, and each reads and writes the row: one report is remembered.
let lastUsage: { readonly text: string; readonly usage: UsageReported } | undefined

const usageOf = (text: string): UsageReported => {
  if (lastUsage?.text !== text) lastUsage = { text, usage: JSON.parse(text) as UsageReported }
  return lastUsage.usage
}

const usageText = (usage: UsageReported): string => {
  if (lastUsage?.usage !== usage) lastUsage = { text: JSON.stringify(usage), usage }
  return lastUsage.text
}
