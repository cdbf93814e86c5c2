/** What the user configures: defaults < the user's config.jsonc in NEXUS_HOME < the project's .nexus/config.jsonc. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { parse, type ParseError, printParseErrorCode } from "jsonc-parser"
import { nearest } from "./nearest.ts"

/** `full`: prompts are kept; `hash`: only their hash; `off`: only that there was one. */
export const PromptCapture = Schema.Literal("full", "hash", "off")
export type PromptCapture = typeof PromptCapture.Type

export interface Config {
  readonly prompts: PromptCapture
}

export const defaults: Config = { prompts: "full" }

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
    return { ...defaults, ...user, ...project }
  })

/** For hooks, which cannot stop and ask: with a file that can't be read, prompts are not kept. */
export const loadSafely = (userFile: string, checkout: string | undefined): Config =>
  Either.getOrElse(load(userFile, checkout), () => ({ ...defaults, prompts: "hash" as const }))

const known = ["capture.prompts"]

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
  for (const key of keysOf(value)) {
    if (!known.includes(key)) {
      const guess = nearest(key, known)
      const reason = `there is no setting ${key}.${guess === undefined ? "" : ` Did you mean ${guess}?`}`
      return Either.left(new ConfigUnreadable({ file, reason }))
    }
  }
  const prompts = (value as { capture?: { prompts?: unknown } }).capture?.prompts
  if (prompts === undefined) return Either.right({})
  return Schema.is(PromptCapture)(prompts)
    ? Either.right({ prompts })
    : Either.left(
        new ConfigUnreadable({
          file,
          reason: `capture.prompts is "full", "hash" or "off", not ${JSON.stringify(prompts)}`
        })
      )
}

/** Dotted names of all settings in a file. */
const keysOf = (value: unknown, prefix = ""): ReadonlyArray<string> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) => keysOf(inner, prefix === "" ? key : `${prefix}.${key}`))
    : [prefix]
