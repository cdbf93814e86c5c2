/** From the text of an expression to its words and signs. */
import { QueryWrong } from "./QueryWrong.ts"

export interface Token {
  readonly kind: "word" | "string" | "pattern" | "sign" | "end"
  /** Of a string: what it stands for. Of a pattern: its source. */
  readonly text: string
  /** Of a pattern; else "". */
  readonly flags: string
  /** 1-based, in UTF-16 code units. */
  readonly column: number
}

const shapes = new RegExp(
  [
    /(?<space>\s+)/,
    /(?<sign>!=|!~|<=|>=|[=~<>(),])/,
    /"(?<double>[^"\\]*(?:\\[^][^"\\]*)*)"/,
    /'(?<single>[^'\\]*(?:\\[^][^'\\]*)*)'/,
    /\/(?<pattern>[^/\\\n]*(?:\\.[^/\\\n]*)*)\/(?<flags>\w*)/,
    /(?<word>[^\s=~!<>(),"'/][^\s=~!<>(),"']*)/
  ]
    .map(({ source }) => source)
    .join("|"),
  "y"
)

const unreadable: Readonly<Record<string, string>> = {
  '"': "this string has no end.",
  "'": "this string has no end.",
  "/": "this pattern has no end. A value that begins with a slash must be in quotes.",
  "!": "! stands only in != and !~. Write not."
}

/** The last token is the end. Throws QueryWrong. */
export const tokensOf = (expression: string): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  let at = 0
  while (at < expression.length) {
    const column = at + 1
    shapes.lastIndex = at
    const found = shapes.exec(expression)
    if (found === null) {
      const problem = unreadable[expression[at] ?? ""] ?? "this cannot be read."
      throw new QueryWrong({ problem, expression, column })
    }
    at = shapes.lastIndex
    const { sign, double, single, pattern, flags = "", word } = found.groups ?? {}
    const string = double ?? single
    if (sign !== undefined) tokens.push({ kind: "sign", text: sign, flags, column })
    else if (string !== undefined) tokens.push({ kind: "string", text: unescaped(string), flags, column })
    else if (pattern !== undefined) tokens.push({ kind: "pattern", text: pattern, flags, column })
    else if (word !== undefined) tokens.push({ kind: "word", text: word, flags, column })
  }
  return [...tokens, { kind: "end", text: "", flags: "", column: at + 1 }]
}

/** A backslash that escapes nothing here stays: it may escape a sign of a glob. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\(["'\\nt])/g, (_, escaped: string) => ({ n: "\n", t: "\t" })[escaped] ?? escaped)
