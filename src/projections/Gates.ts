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
  version: 1,
  tables: [gateRows],
  apply: (event, tables) => {
    if (event.type !== "GateRan") return
    const { gate, tree, definition, verdict, flaky, exit, durationMs, output } = event.payload
    tables(gateRows).put({
      project: event.project ?? "",
      gate,
      tree,
      definition,
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

/** The last run of a definition on a tree. */
export const on = (
  database: Database,
  key: { readonly project: string; readonly gate: string; readonly tree: string; readonly definition: string }
): Verdict | undefined => {
  const row = database
    .prepare(
      `SELECT * FROM gate_verdicts WHERE project = ? AND tree = ? AND gate = ? AND definition = ?
       ORDER BY position DESC LIMIT 1`
    )
    .get(key.project, key.tree, key.gate, key.definition) as GateRow | undefined
  return row === undefined ? undefined : verdictOf(row)
}

export const at = (database: Database, position: number): Verdict | undefined => {
  const row = database.prepare("SELECT * FROM gate_verdicts WHERE position = ?").get(position) as GateRow | undefined
  return row === undefined ? undefined : verdictOf(row)
}
