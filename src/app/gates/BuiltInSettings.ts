/** The settings of built-in gates: `gates.commits` and `gates.documentation` of a config.jsonc, where they name no command. */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { type CheckName, CommitsOptions, DocumentationOptions } from "../../domain/boulder/Checks.ts"
import { nearest } from "../nearest.ts"

/** `off`: the project wants no such gate. */
export interface BuiltInSetting {
  readonly off: boolean
  readonly options: CommitsOptions | DocumentationOptions
  /** Milliseconds; unset: the check's own. */
  readonly timeout?: number
  /** The file that says so. */
  readonly origin: string
}

const schemas: Readonly<Record<CheckName, typeof CommitsOptions | typeof DocumentationOptions>> = {
  commits: CommitsOptions,
  documentation: DocumentationOptions
}

export const checkNames = Object.keys(schemas) as ReadonlyArray<CheckName>

/** What can be said of one in its settings. */
export const optionNames = (name: CheckName): ReadonlyArray<string> => ["timeout", ...Object.keys(schemas[name].fields)]

/** Whether a gate's setting is that of the built-in one; else it is a command, which takes its place. */
export const isBuiltIn = (name: string, value: unknown): name is CheckName =>
  Object.hasOwn(schemas, name) &&
  (typeof value === "boolean" || (typeof value === "object" && value !== null && !("command" in value)))

/** Left: what is wrong, in words. `time` reads a time such as "90s". */
export const interpretBuiltIn = (
  name: CheckName,
  value: unknown,
  origin: string,
  time: (text: unknown) => number | undefined
): Either.Either<BuiltInSetting, string> => {
  if (typeof value === "boolean") return Either.right({ off: !value, options: {}, origin })
  const { timeout, ...options } = value as Readonly<Record<string, unknown>>
  const limit = timeout === undefined ? undefined : time(timeout)
  if (timeout !== undefined && limit === undefined)
    return Either.left(`gates.${name}.timeout is a time such as "90s" or "15m", not ${JSON.stringify(timeout)}`)
  const known = ["command", ...optionNames(name)]
  const strange = Object.keys(options).find((key) => !known.includes(key))
  if (strange !== undefined) {
    const guess = nearest(strange, known)
    return Either.left(
      `there is no setting gates.${name}.${strange}.${guess === undefined ? "" : ` Did you mean gates.${name}.${guess}?`}`
    )
  }
  const decoded: Either.Either<CommitsOptions | DocumentationOptions, ParseResult.ParseError> =
    name === "commits"
      ? Schema.decodeUnknownEither(CommitsOptions)(options)
      : Schema.decodeUnknownEither(DocumentationOptions)(options)
  return Either.mapBoth(decoded, {
    onLeft: (error) => {
      const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
      const place = ["gates", name, ...(issue?.path ?? [])].map(String).join(".")
      return `${place}: ${issue?.message ?? error.message}`
    },
    onRight: (found) => ({ off: false, options: found, origin, ...(limit === undefined ? {} : { timeout: limit }) })
  })
}
