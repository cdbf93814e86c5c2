/** The boulder of each project: its runs as they stand, and every decision about a stop. */
import { evolve, initial, type State } from "../domain/boulder/Boulder.ts"
import type { SessionId } from "../domain/Ids.ts"
import type { StopDecided } from "../domain/boulder/BoulderEvents.ts"
import type { Database } from "../events/Database.ts"
import { type Projection, table } from "./Projection.ts"

interface BoulderRow {
  readonly project: string
  /** JSON of `Boulder.State`. */
  readonly state: string
}

const boulderRows = table<BoulderRow>({
  name: "boulders",
  columns: { project: "TEXT", state: "TEXT" },
  key: ["project"]
})

interface DecisionRow {
  readonly position: number
  readonly project: string
  readonly run: string
  readonly session: string
  readonly verdict: string
  readonly rule: string
  readonly reason: string
  readonly would: string | null
  readonly time: number
  /** 1: the conversation went on; 0: it did not; null: not known, or nothing to go on with. */
  readonly confirmed: number | null
}

const decisionRows = table<DecisionRow>({
  name: "boulder_decisions",
  columns: {
    position: "INTEGER",
    project: "TEXT",
    run: "TEXT",
    session: "TEXT",
    verdict: "TEXT",
    rule: "TEXT",
    reason: "TEXT",
    would: "TEXT",
    time: "INTEGER",
    confirmed: "INTEGER"
  },
  key: ["position"],
  indexes: [["project", "position"]]
})

/** A continuation of a conversation that nothing has come of yet; `decision` null when there is none. */
interface PendingRow {
  readonly session: string
  readonly project: string | null
  readonly run: string | null
  readonly decision: number | null
}

const pendingRows = table<PendingRow>({
  name: "boulder_pending",
  columns: { session: "TEXT", project: "TEXT", run: "TEXT", decision: "INTEGER" },
  key: ["session"]
})

export const Boulders: Projection = {
  name: "boulders",
  version: 2,
  tables: [boulderRows, decisionRows, pendingRows],
  apply: (event, tables) => {
    switch (event.type) {
      case "StopDecided": {
        const { run, session, verdict, rule, reason, would } = event.payload
        tables(decisionRows).put({
          position: event.position,
          project: event.project ?? "",
          run,
          session,
          verdict,
          rule,
          reason,
          would: would ?? null,
          time: event.time,
          confirmed: null
        })
        if (verdict === "continue")
          tables(pendingRows).put({ session, project: event.project, run, decision: event.position })
        break
      }
      case "ContinuationConfirmed":
      case "ContinuationLost": {
        const { session, decision } = event.payload
        const row = tables(decisionRows).get(decision)
        if (row !== undefined)
          tables(decisionRows).put({ ...row, confirmed: Number(event.type === "ContinuationConfirmed") })
        tables(pendingRows).put({ session, project: null, run: null, decision: null })
        break
      }
      case "ContinuationRelaunched":
      case "BoulderArmed":
      case "BoulderDisarmed":
      case "BoulderPaused":
      case "BoulderResumed":
      case "BoulderReset":
      case "IntegrityAlarmRaised":
        break
      default:
        return
    }
    const project = event.project ?? ""
    const before = tables(boulderRows).get(project)
    const state: State = before === undefined ? initial : (JSON.parse(before.state) as State)
    const after = evolve(state, event, {
      position: event.position,
      time: event.time,
      by: event.actor.name
    })
    tables(boulderRows).put({ project, state: JSON.stringify(after) })
  }
}

export const state = (database: Database, project: string): State => {
  const row = database.prepare("SELECT state FROM boulders WHERE project = ?").get(project) as
    | Pick<BoulderRow, "state">
    | undefined
  return row === undefined ? initial : (JSON.parse(row.state) as State)
}

/** The continuation of a conversation that nothing has come of yet. */
export interface Pending {
  readonly project: string
  readonly run: string
  readonly decision: number
}

export const pending = (database: Database, session: SessionId): Pending | undefined =>
  database
    .prepare("SELECT project, run, decision FROM boulder_pending WHERE session = ? AND decision IS NOT NULL")
    .get(session) as Pending | undefined

/** A decision as it is listed. */
export interface Decided extends Pick<StopDecided, "verdict" | "rule" | "reason"> {
  readonly position: number
  readonly run: string
  readonly session: string
  readonly would: "continue" | "escalate" | null
  readonly time: number
  /** Whether the conversation went on; null: not known, or nothing to go on with. */
  readonly confirmed: boolean | null
}

/** The last decisions of a project, the newest first. */
export const decisions = (
  database: Database,
  project: string,
  { limit, session }: { readonly limit: number; readonly session?: string | undefined }
): ReadonlyArray<Decided> =>
  (
    database
      .prepare(
        `SELECT * FROM boulder_decisions WHERE project = @project AND (@session IS NULL OR session = @session)
         ORDER BY position DESC LIMIT @limit`
      )
      .all({ project, limit, session: session ?? null }) as ReadonlyArray<DecisionRow>
  ).map((row) => ({
    ...row,
    verdict: row.verdict as Decided["verdict"],
    would: row.would as Decided["would"],
    confirmed: row.confirmed === null ? null : row.confirmed === 1
  }))
