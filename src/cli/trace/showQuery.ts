/** What `nexus trace query` does and prints. */
import * as Effect from "effect/Effect"
import { query, type QueryAnswer, rowView } from "../../app/trace/Query.ts"
import { isoTime } from "../../app/isoTime.ts"
import type { ContributorType, Evidence } from "../../domain/attribution/Attribution.ts"
import type { QueryRow } from "../../domain/attribution/query/Row.ts"
import { UsageWrong } from "../Invocation.ts"
import { noOption } from "../noOption.ts"
import { Output } from "../Output.ts"
import { shownTime } from "../shownTime.ts"
import { parseTime } from "../times.ts"
import { withLog } from "../withLog.ts"
import { colours, labelOf } from "./Contributors.ts"
import { shownPath } from "./visible.ts"

/** The command's words and options, as they were given. */
export interface AskedQuery {
  readonly expression: ReadonlyArray<string>
  readonly file: ReadonlyArray<string>
  readonly model: ReadonlyArray<string>
  readonly contributor: ReadonlyArray<ContributorType>
  readonly session: ReadonlyArray<string>
  readonly since: string | undefined
  readonly until: string | undefined
  readonly rev: string | undefined
  readonly minEvidence: Evidence | undefined
  readonly limit: number | undefined
}

const options = ["file", "model", "contributor", "session", "since", "until", "rev", "min-evidence", "limit"]

export const showQuery = (asked: AskedQuery) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const { limit = Infinity } = asked
      if (limit < 0) return yield* new UsageWrong({ message: "--limit: it cannot be negative" })
      yield* noOption(asked.expression, options)
      const answer = yield* query({
        expression: asked.expression.join(" "),
        files: asked.file,
        models: asked.model,
        contributors: asked.contributor,
        sessions: asked.session,
        since: yield* timeOf("--since", asked.since),
        until: yield* timeOf("--until", asked.until),
        minEvidence: asked.minEvidence,
        revision: asked.rev
      })
      const rows = answer.rows.slice(0, limit)
      yield* output.result({ items: rows.map(rowView) }, () => [
        ...(rows.length === 0 ? [] : rowLines(rows, output.style)),
        ...summary(answer, rows.length).map((line) => output.style("dim", line))
      ])
    })
  )

const timeOf = (option: string, text: string | undefined): Effect.Effect<number | undefined, UsageWrong> =>
  text === undefined ? Effect.succeed(undefined) : parseTime(option, text)

/** Aligned like a table, which the library for tables would need minutes for with thousands of rows. */
const rowLines = (rows: ReadonlyArray<QueryRow>, style: Output["Type"]["style"]): ReadonlyArray<string> => {
  const cells = rows.map(({ file, start, end, attribution, time, deleted }) => {
    const { contributor, session, event, evidence, reason } = attribution
    return [
      `${shownPath(file)}:${start === end ? start : `${start}-${end}`}${deleted ? " (deleted)" : ""}`,
      labelOf(contributor),
      session === null ? "–" : session.slice(0, session.indexOf(":") + 9),
      event === null ? "–" : String(event),
      evidence ?? reason ?? "–",
      time === null ? "–" : shownTime(isoTime(time))
    ]
  })
  const widths = heading.map((name, column) =>
    cells.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), name.length)
  )
  const aligned = (row: ReadonlyArray<string>) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
  return [
    style("bold", aligned(heading).join("  ").trimEnd()),
    ...cells.map((row, index) => {
      const [lines = "", by = "", ...rest] = aligned(row)
      const colour = colours[rows[index]?.attribution.contributor.type ?? "unknown"]
      return [lines, style(colour, by), ...rest].join("  ").trimEnd()
    })
  ]
}

const heading = ["lines", "by", "session", "event", "evidence", "time"]

const summary = ({ expression, rows }: QueryAnswer, shown: number): ReadonlyArray<string> => {
  const asked = expression === "" ? "of any line" : `of a line with ${expression}`
  if (rows.length === 0) return [`No record ${asked}.`]
  const lines = new Map<string, number>()
  for (const { attribution, start, end } of rows) {
    const { type } = attribution.contributor
    lines.set(type, (lines.get(type) ?? 0) + end - start + 1)
  }
  const all = [...lines.values()].reduce((sum, one) => sum + one, 0)
  const files = new Set(rows.map(({ file }) => file)).size
  const parts = [...lines].map(([type, one]) => `${one} ${type}`).join(", ")
  return [
    ...(shown < rows.length ? [`… and ${counted(rows.length - shown, "more range")}`] : []),
    `${counted(all, "line")} in ${counted(files, "file")}: ${parts}`
  ]
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`
