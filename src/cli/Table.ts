/** Tables for people. */
import width from "fast-string-width"
import textTable from "text-table"
import type { Style } from "./printResult.ts"

/** Aligned columns with a heading, without lines around them. */
export const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  style: Style
): ReadonlyArray<string> =>
  textTable([head.map((text) => style("bold", text)), ...rows.map((row) => [...row])], {
    hsep: "  ",
    stringLength: width
  }).split("\n")
