/** `nexus trace export`: attribution in forms that other programs read. */
import * as Stream from "effect/Stream"
import type { Progress } from "../../projections/Projections.ts"
import { csvHeader, csvLine, flatRanges } from "./Flat.ts"
import { attributed, records } from "./CommitRecords.ts"

/** `agent-trace`: one record a commit; `jsonl` and `csv`: one row a range of lines. Of JSON, one object a line. */
export const formats = ["agent-trace", "jsonl", "csv"] as const
export type Format = (typeof formats)[number]

/** The text of an export, a batch of commits at a time. */
export const exported = (range: string | undefined, format: Format, report: Progress) => {
  switch (format) {
    case "agent-trace":
      return Stream.map(records(range, report), (batch) => jsonLines(batch.map(({ record }) => record)))
    case "jsonl":
      return Stream.map(attributed(range, report), (commits) => jsonLines(commits.flatMap(flatRanges)))
    case "csv":
      return Stream.concat(
        Stream.make(csvHeader),
        Stream.map(attributed(range, report), (commits) => commits.flatMap(flatRanges).map(csvLine).join(""))
      )
  }
}

const jsonLines = (values: ReadonlyArray<unknown>): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join("")
