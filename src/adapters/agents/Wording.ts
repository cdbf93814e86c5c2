/** Texts of payloads as facts quote them: short, on one line, and of well-formed characters. */
import type { JsonObject } from "../../app/ports/Agent.ts"
import { firstText } from "./Payload.ts"

export const optional = <Name extends string, A>(name: Name, value: A | undefined): { readonly [_ in Name]?: A } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [_ in Name]?: A })

export const short = (text: string, most: number): string =>
  (text.length > most ? text.slice(0, most) : text).toWellFormed()

/** The text on one line, shortened with an ellipsis; undefined for nothing. */
export const lineOf = (text: string | undefined, most = 300): string | undefined => {
  if (text === undefined) return undefined
  const line = text
    .slice(0, most * 4)
    .replace(/\s+/g, " ")
    .trim()
    .toWellFormed()
  return line === "" ? undefined : line.length > most ? `${line.slice(0, most - 1)}…` : line
}

/** Where tools name what they work on, the most telling first. */
const targets = [
  "file_path",
  "notebook_path",
  "filePath",
  "path",
  "dir_path",
  "command",
  "pattern",
  "query",
  "url",
  "description",
  "prompt",
  "subject",
  "skill"
]

/** What a tool works on, in one line: `ToolStarted.target`. */
export const targetOf = (input: JsonObject): string | undefined => lineOf(firstText(input, targets), 200)
