/**
 * `opencode run` (1.18.33) ends with its turn, so that nothing can go on in it: what goes on is another process with the same
 * conversation. Source of the options: `opencode run --help`.
 */
import { basename } from "node:path"
import { parseArgs } from "node:util"
import type { Relaunch } from "../../../app/ports/Agent.ts"

const text = { type: "string" } as const
const flag = { type: "boolean" } as const

/** What is the same in each process, and what is of the first prompt alone. */
const kept = {
  model: { ...text, short: "m" },
  agent: text,
  format: text,
  password: { ...text, short: "p" },
  username: { ...text, short: "u" },
  dir: text,
  port: text,
  variant: text,
  thinking: flag,
  auto: flag,
  share: flag,
  "print-logs": flag,
  "log-level": text
} as const
const first = {
  command: text,
  continue: { ...flag, short: "c" },
  session: { ...text, short: "s" },
  fork: flag,
  file: { ...text, short: "f" },
  title: text
} as const
const refused: Readonly<Record<string, string>> = {
  attach: "With --attach the server goes on by itself.",
  interactive: "An interactive OpenCode goes on by itself.",
  pure: "With --pure OpenCode runs without Nexus' plugin, which tells of its stops."
}
const options = { ...kept, ...first, attach: text, interactive: { ...flag, short: "i" }, pure: flag }

export const relaunch = (command: ReadonlyArray<string>): Relaunch | undefined => {
  const [program = "", verb, ...args] = command
  if (!/^opencode(?:\.exe)?$/.test(basename(program)) || verb !== "run") return undefined
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true })
  const given = tokens.flatMap((token) => (token.kind === "option" ? [token] : []))
  for (const { name, rawName, inlineValue } of given) {
    const reason = refused[name]
    if (reason !== undefined) return { refused: reason }
    // Whether the next word is its value nobody can tell.
    if (!(name in options) && inlineValue !== true)
      return {
        refused: `This Nexus does not know OpenCode's option ${rawName}; written as ${rawName}=VALUE it is passed on.`
      }
  }
  const same = given
    .filter(({ name }) => !(name in first))
    .flatMap(({ rawName, value, inlineValue }) =>
      value === undefined ? [rawName] : inlineValue ? [`${rawName}=${value}`] : [rawName, value]
    )
  // Of words on its command line it makes a quotation.
  return { again: (conversation) => [program, verb, ...same, "--session", conversation] }
}
