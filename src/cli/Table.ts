/** Tables for people. */
import Table from "cli-table3"
import type { Style } from "./printResult.ts"

/** Aligned columns with a heading, without lines around them. */
export const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  style: Style
): ReadonlyArray<string> => {
  const none = {
    top: "",
    "top-mid": "",
    "top-left": "",
    "top-right": "",
    bottom: "",
    "bottom-mid": "",
    "bottom-left": ""
  }
  const more = {
    "bottom-right": "",
    left: "",
    "left-mid": "",
    mid: "",
    "mid-mid": "",
    right: "",
    "right-mid": "",
    middle: "  "
  }
  const printed = new Table({
    head: head.map((text) => style("bold", text)),
    chars: { ...none, ...more },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 }
  })
  for (const row of rows) printed.push([...row])
  return printed
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
}
