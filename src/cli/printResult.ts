/** A result on stdout: for people in lines, or as one JSON document. */
import { styleText } from "node:util"
import { print } from "./print.ts"

export type Style = (style: Parameters<typeof styleText>[0], text: string) => string

/** Colours only for a terminal, and not against NO_COLOR. */
export const style: Style = (how, text) => styleText(how, text, { stream: process.stdout })

export const printResult = (json: boolean, value: unknown, lines: () => ReadonlyArray<string>): void => {
  if (json) return print(1, `${JSON.stringify(value, null, process.stdout.isTTY ? 2 : undefined)}\n`)
  const all = lines()
  if (all.length > 0) print(1, `${all.join("\n")}\n`)
}
