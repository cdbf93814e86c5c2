/** `nexus trace query`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { query, type QueryAnswer, rowView } from "../../app/trace/Query.ts"
import { isoTime } from "../../app/Views.ts"
import { evidenceGrades } from "../../domain/attribution/Attribution.ts"
import type { QueryRow } from "../../domain/attribution/query/Row.ts"
import { globals } from "../Globals.ts"
import { UsageWrong } from "../Invocation.ts"
import { Output } from "../Output.ts"
import { shownTime } from "../shownTime.ts"
import { parseTime } from "../times.ts"
import { withLog } from "../withLog.ts"
import { colours, labelOf } from "./Contributors.ts"
import { shownPath } from "./visible.ts"

const expression = Args.text({ name: "EXPRESSION" }).pipe(
  Args.withDescription('Which lines, such as: model ~ "claude-*" and since 7d; docs/query.md has the language'),
  Args.repeated
)

const options = {
  file: Options.text("file").pipe(
    Options.withDescription("Only in this file, folder or glob; may be repeated"),
    Options.repeated
  ),
  model: Options.text("model").pipe(
    Options.withDescription("Only by this model (a glob); may be repeated"),
    Options.repeated
  ),
  contributor: Options.choice("contributor", ["ai", "human", "mixed", "unknown"]).pipe(
    Options.withDescription("Only by such a contributor; may be repeated"),
    Options.repeated
  ),
  session: Options.text("session").pipe(
    Options.withDescription("Only from this session: its id, or the beginning of it; may be repeated"),
    Options.repeated
  ),
  since: Options.text("since").pipe(
    Options.withDescription("Only written from this time: 2h, 7d, 2026-11-22"),
    Options.optional
  ),
  until: Options.text("until").pipe(Options.withDescription("Only written before this time"), Options.optional),
  rev: Options.text("rev").pipe(
    Options.withDescription("In the files of this revision; default: as the log last knew them"),
    Options.optional
  ),
  minEvidence: Options.choice("min-evidence", evidenceGrades).pipe(
    Options.withDescription("Only what is proved at least so well"),
    Options.optional
  ),
  limit: Options.integer("limit").pipe(Options.withDescription("Show at most so many ranges"), Options.optional)
}

export const queryCommand = Command.make("query", { expression, ...options, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const limit = Option.getOrElse(given.limit, () => Infinity)
      if (limit < 0) return yield* new UsageWrong({ message: "--limit: it cannot be negative" })
      const answer = yield* query({
        expression: given.expression.join(" "),
        files: given.file,
        models: given.model,
        contributors: given.contributor,
        sessions: given.session,
        since: yield* timeOf("--since", given.since),
        until: yield* timeOf("--until", given.until),
        minEvidence: Option.getOrUndefined(given.minEvidence),
        revision: Option.getOrUndefined(given.rev)
      })
      const rows = answer.rows.slice(0, limit)
      yield* output.result({ items: rows.map(rowView) }, () => [
        ...(rows.length === 0 ? [] : rowLines(rows, output.style)),
        ...summary(answer, rows.length).map((line) => output.style("dim", line))
      ])
    })
  )
).pipe(Command.withDescription("Find lines by who wrote them, when, where, and how well that is proved"))

const timeOf = (option: string, text: Option.Option<string>): Effect.Effect<number | undefined, UsageWrong> =>
  Option.isSome(text) ? parseTime(option, text.value) : Effect.succeed(undefined)

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
