/** What the user configures: defaults < the user's config.jsonc in NEXUS_HOME < the project's .nexus/config.jsonc. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { parse, type ParseError, printParseErrorCode } from "jsonc-parser"
import { type BuiltInSetting, interpretBuiltIn, isBuiltIn } from "./gates/BuiltInSettings.ts"
import { nearest } from "./nearest.ts"

/** `full`: prompts are kept; `hash`: only their hash; `off`: only that there was one. */
export const PromptCapture = Schema.Literal("full", "hash", "off")
export type PromptCapture = typeof PromptCapture.Type

/** A check of the project's own; see docs/gates.md. */
export interface GateSetting {
  readonly command: string | ReadonlyArray<string>
  /** Milliseconds. */
  readonly timeout?: number
  /** The file that says so. */
  readonly origin: string
}

export interface Config {
  readonly prompts: PromptCapture
  /** By name. */
  readonly gates: Readonly<Record<string, GateSetting | BuiltInSetting>>
}

export const defaults: Config = { prompts: "full", gates: {} }

export class ConfigUnreadable extends Schema.TaggedError<ConfigUnreadable>()("ConfigUnreadable", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.file}: ${this.reason}`
  }
}

/** What holds for a checkout (none: for the user). Files that are not there count as empty. */
export const load = (userFile: string, checkout: string | undefined): Either.Either<Config, ConfigUnreadable> =>
  Either.gen(function* () {
    const user = yield* fromFile(userFile)
    const project = checkout === undefined ? {} : yield* fromFile(join(checkout, ".nexus", "config.jsonc"))
    return { ...defaults, ...user, ...project, gates: { ...user.gates, ...project.gates } }
  })

/** For hooks, which cannot stop and ask: with a file that can't be read, prompts are not kept. */
export const loadSafely = (userFile: string, checkout: string | undefined): Config =>
  Either.getOrElse(load(userFile, checkout), () => ({ ...defaults, prompts: "hash" as const }))

const known = ["capture.prompts", "gates.NAME.command", "gates.NAME.timeout"]

const fromFile = (file: string): Either.Either<Partial<Config>, ConfigUnreadable> => {
  let text: string
  try {
    text = readFileSync(file, "utf8")
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR"))
      return Either.right({})
    return Either.left(new ConfigUnreadable({ file, reason: cause instanceof Error ? cause.message : String(cause) }))
  }
  const errors: Array<ParseError> = []
  const value: unknown = parse(text, errors, { allowTrailingComma: true, allowEmptyContent: true })
  const [error] = errors
  if (error !== undefined) {
    const line = text.slice(0, error.offset).split("\n").length
    return Either.left(new ConfigUnreadable({ file, reason: `line ${line}: ${printParseErrorCode(error.error)}` }))
  }
  return interpret(file, value ?? {})
}

const interpret = (file: string, value: unknown): Either.Either<Partial<Config>, ConfigUnreadable> => {
  const wrong = (reason: string) => Either.left(new ConfigUnreadable({ file, reason }))
  const found: Record<string, GateSetting | BuiltInSetting> = {}
  for (const [name, setting] of Object.entries((value as { gates?: object }).gates ?? {})) {
    if (!isBuiltIn(name, setting)) continue
    const builtIn = interpretBuiltIn(name, setting, file, millisecondsOf)
    if (Either.isLeft(builtIn)) return wrong(builtIn.left)
    found[name] = builtIn.right
  }
  for (const key of keysOf(value)) {
    if (Object.keys(found).some((name) => key === `gates.${name}` || key.startsWith(`gates.${name}.`))) continue
    const general = key.replace(/^gates\.[^.]+\./, "gates.NAME.")
    if (!known.includes(general)) {
      const guess = nearest(general, known)
      return wrong(`there is no setting ${key}.${guess === undefined ? "" : ` Did you mean ${guess}?`}`)
    }
  }
  const { capture, gates = {} } = value as {
    capture?: { prompts?: unknown }
    gates?: Record<string, Record<string, unknown>>
  }
  const prompts = capture?.prompts
  if (prompts !== undefined && !Schema.is(PromptCapture)(prompts))
    return wrong(`capture.prompts is "full", "hash" or "off", not ${JSON.stringify(prompts)}`)
  for (const [name, { command, timeout }] of Object.entries(gates)) {
    if (Object.hasOwn(found, name)) continue
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) return wrong(`gates.${name}: a name has small letters, digits and "-"`)
    if (!Schema.is(GateCommand)(command))
      return wrong(`gates.${name}.command is a line for the shell, or a list of a program and its arguments`)
    const limit = timeout === undefined ? undefined : millisecondsOf(timeout)
    if (timeout !== undefined && limit === undefined)
      return wrong(`gates.${name}.timeout is a time such as "90s" or "15m", not ${JSON.stringify(timeout)}`)
    found[name] = { command, origin: file, ...(limit === undefined ? {} : { timeout: limit }) }
  }
  return Either.right({
    ...(prompts === undefined ? {} : { prompts }),
    ...(Object.keys(found).length === 0 ? {} : { gates: found })
  })
}

const GateCommand = Schema.Union(Schema.NonEmptyString, Schema.NonEmptyArray(Schema.String))

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }

/** "90s", "15m", "2h"; undefined for anything else, and for less than a second or more than a day. */
const millisecondsOf = (text: unknown): number | undefined => {
  const [, amount, unit = ""] = (typeof text === "string" ? /^(\d{1,5})([smh])$/.exec(text) : null) ?? []
  const found = Number(amount) * (units[unit] ?? Number.NaN)
  return found >= 1000 && found <= 86_400_000 ? found : undefined
}

/** Dotted names of all settings in a file. */
const keysOf = (value: unknown, prefix = ""): ReadonlyArray<string> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) => keysOf(inner, prefix === "" ? key : `${prefix}.${key}`))
    : [prefix]
