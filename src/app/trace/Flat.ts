/** Attributed lines as flat rows, one a range, for spreadsheets and line-wise tools. */
import type { AttributedCommit } from "../../domain/attribution/Attribution.ts"

const columns = [
  "commit",
  "authored",
  "author",
  "path",
  "start_line",
  "end_line",
  "contributor",
  "model_id",
  "session",
  "event",
  "evidence",
  "reason"
] as const

export type FlatRange = Readonly<Record<(typeof columns)[number], string | number | null>>

/** A commit's ranges, in the order of its files and their lines. */
export const flatRanges = ({ commit, authored, author, files }: AttributedCommit): ReadonlyArray<FlatRange> =>
  files.flatMap(({ path, ranges }) =>
    ranges.map(({ start, end, contributor, session, event, evidence, reason = null }) => ({
      commit,
      authored,
      author,
      path,
      start_line: start,
      end_line: end,
      contributor: contributor.type,
      model_id: contributor.model_id ?? null,
      session,
      event,
      evidence,
      reason
    }))
  )

/** The first line of a CSV file (RFC 4180). */
export const csvHeader = `${columns.join(",")}\r\n`

export const csvLine = (row: FlatRange): string => `${columns.map((name) => csvField(row[name])).join(",")}\r\n`

/** A text that a spreadsheet would take for a formula begins with an apostrophe instead (OWASP, "CSV Injection"). */
const csvField = (value: string | number | null): string => {
  if (typeof value !== "string") return value === null ? "" : String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
