/** Gates: what each said of which tree. */
import type { GateRan } from "../domain/boulder/GateEvents.ts"
import type { ContentHash } from "../domain/Ids.ts"
import type { Database } from "../events/Database.ts"
import { type Projection, table } from "./Projection.ts"

interface GateRow {
  readonly project: string
  readonly gate: string
  readonly tree: string
  readonly definition: string
  /** "" when the verdict is about the tree alone. */
  readonly subject: string
  readonly verdict: string
  readonly flaky: number
  readonly exit: number | null
  readonly duration: number
  /** The blob of what it printed. */
  readonly output: string | null
  readonly position: number
  readonly time: number
}

const gateRows = table<GateRow>({
  name: "gate_verdicts",
  columns: {
    project: "TEXT",
    gate: "TEXT",
    tree: "TEXT",
    definition: "TEXT",
    subject: "TEXT",
    verdict: "TEXT",
    flaky: "INTEGER",
    exit: "INTEGER",
    duration: "INTEGER",
    output: "TEXT",
    position: "INTEGER",
    time: "INTEGER"
  },
  key: ["position"],
  indexes: [["project", "tree"]],
  appendOnly: true
})

export const Gates: Projection = {
  name: "gates",
  version: 2,
  tables: [gateRows],
  apply: (event, tables) => {
    if (event.type !== "GateRan") return
    const { gate, tree, definition, verdict, flaky, exit, durationMs, output, subject } = event.payload
    tables(gateRows).put({
      project: event.project ?? "",
      gate,
      tree,
      definition,
      subject: subject ?? "",
      verdict,
      flaky: Number(flaky),
      exit,
      duration: durationMs,
      output: output?.blob ?? null,
      position: event.position,
      time: event.time
    })
  }
}

/** A run of a gate. `position`: of its event, by which it is named. */
export interface Verdict extends Pick<GateRan, "gate" | "tree" | "verdict" | "flaky" | "exit" | "durationMs"> {
  readonly position: number
  readonly output: ContentHash | null
  /** Milliseconds since 1970. */
  readonly time: number
}

const verdictOf = ({ gate, tree, verdict, flaky, exit, duration, output, position, time }: GateRow): Verdict => ({
  gate,
  tree,
  verdict: verdict as Verdict["verdict"],
  flaky: flaky === 1,
  exit,
  durationMs: duration,
  output: output as ContentHash | null,
  position,
  time
})

/** What a verdict is of. */
export interface VerdictKey {
  readonly project: string
  readonly gate: string
  readonly tree: string
  readonly definition: string
  /** See `GateRan.subject`; "" where there is none. */
  readonly subject: string
}

/** The last run of a definition on a tree. */
export const on = (
  database: Database,
  { project, tree, gate, definition, subject }: VerdictKey
): Verdict | undefined => {
  const row = database
    .prepare(
      `SELECT * FROM gate_verdicts WHERE project = ? AND tree = ? AND gate = ? AND definition = ? AND subject = ?
       ORDER BY position DESC LIMIT 1`
    )
    .get(project, tree, gate, definition, subject) as GateRow | undefined
  return row === undefined ? undefined : verdictOf(row)
}

export const at = (database: Database, position: number): Verdict | undefined => {
  const row = database.prepare("SELECT * FROM gate_verdicts WHERE position = ?").get(position) as GateRow | undefined
  return row === undefined ? undefined : verdictOf(row)
}
