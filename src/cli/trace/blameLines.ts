/** Blamed files as they are printed. */
import type { BlamedFile, BlamedLine } from "../../domain/attribution/Attribution.ts"
import { colours, labelOf } from "./Contributors.ts"
import { visible } from "./visible.ts"

export interface Look {
  readonly porcelain: boolean
  readonly interactive: boolean
  readonly style: Style
}

/** Several files are told apart by their names. */
export const blameLines = (files: ReadonlyArray<BlamedFile>, look: Look): ReadonlyArray<string> => [
  ...files.flatMap((file) => [
    ...(files.length > 1 ? [look.style("bold", visible(file.file))] : []),
    ...(look.porcelain ? porcelain(file) : readable(file, look.style))
  ]),
  ...(look.porcelain || !look.interactive ? [] : ["", legend(look.style)])
]

type Style = (style: (typeof colours)[keyof typeof colours] | "yellow" | "dim" | "bold", text: string) => string

/** Like git-blame(1): the commit, who wrote it, the session, the evidence, the line number and the line. */
const readable = ({ lines }: BlamedFile, style: Style): ReadonlyArray<string> => {
  const rows = lines.map((line) => ({ line, cells: cellsOf(line) }))
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map(({ cells }) => cells[column]?.length ?? 0)))
  const digits = String(lines.at(-1)?.line ?? 0).length
  return rows.map(({ line, cells }) => {
    const [commit = "", who = "", session = "", grade = ""] = cells.map((cell, column) =>
      cell.padEnd(widths[column] ?? 0)
    )
    const told = style(colours[line.contributor.type], who)
    return `${style("yellow", commit)} (${told} ${session} ${style("dim", grade)} ${String(line.line).padStart(digits)}) ${visible(line.text)}`
  })
}

const cellsOf = ({ commit, contributor, author, session, evidence, reason }: BlamedLine): ReadonlyArray<string> => [
  commit === null ? "not commit" : commit.slice(0, 10),
  contributor.type === "human" && author !== null ? visible(author) : visible(labelOf(contributor)),
  session === null ? "" : session.slice(0, session.indexOf(":") + 9),
  evidence ?? reason ?? ""
]

/** The colours of contributors, in their own colours. */
const legend = (style: Style): string =>
  (["ai", "human", "mixed", "unknown"] as const).map((type) => style(colours[type], type)).join("  ")

/** Every field of a line on a line of its own, and the text after a tab, as `git blame --line-porcelain` has it. */
const porcelain = ({ file, lines }: BlamedFile): ReadonlyArray<string> =>
  lines.flatMap(({ line, text, commit, contributor, author, session, event, evidence, reason }) => [
    `${commit ?? "0".repeat(40)} ${line}`,
    `contributor ${contributor.type}`,
    ...(contributor.model_id === undefined ? [] : [`model ${contributor.model_id}`]),
    ...(session === null ? [] : [`session ${session}`]),
    ...(event === null ? [] : [`event ${event}`]),
    ...(evidence === null ? [`reason ${reason ?? ""}`] : [`evidence ${evidence}`]),
    ...(author === null ? [] : [`author ${visible(author)}`]),
    `filename ${visible(file)}`,
    `\t${text}`
  ])
