/** The section `gates` of a configuration: checks of the project's own, by name (docs/gates.md). */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { type BuiltInSetting, interpretBuiltIn, isBuiltIn } from "../gates/BuiltInSettings.ts"
import { millisecondsOf } from "./Times.ts"

/** A check of the project's own; see docs/gates.md. */
export interface GateSetting {
  readonly command: string | ReadonlyArray<string>
  /** Milliseconds. */
  readonly timeout?: number
  /** The file that says so. */
  readonly origin: string
}

/** By name. */
export type GateSettings = Readonly<Record<string, GateSetting | BuiltInSetting>>

/** The settings that there are, NAME standing for any gate's. */
export const gateKeys: ReadonlyArray<string> = ["gates.NAME.command", "gates.NAME.timeout"]

/** A key with NAME for the name of the gate, if it is about one. */
export const generalOf = (key: string): string => key.replace(/^gates\.[^.]+\./, "gates.NAME.")

const Text = Schema.String.pipe(Schema.minLength(1))
/** A line for the shell, or a program and its arguments. */
export const GateCommand = Schema.Union(Text, Schema.NonEmptyArray(Schema.String))

export const gateName = /^[a-z][a-z0-9-]{0,31}$/

/** From a second to a day, in milliseconds. */
const limitOf = (written: unknown): number | undefined => {
  const found = millisecondsOf(written)
  return found === undefined || found < 1000 || found > 86_400_000 ? undefined : found
}

/** Whether a key is in the settings of a gate that is built in: those are known to the check. */
export const isOfBuiltIn = ([first, name = ""]: ReadonlyArray<string>, section: unknown): boolean =>
  first === "gates" &&
  typeof section === "object" &&
  section !== null &&
  isBuiltIn(name, (section as Record<string, unknown>)[name])

/** `section`: what a file has under `gates`, in which there is no unknown key. Left: what is wrong with it. */
export const gatesFrom = (file: string, section: unknown): Either.Either<GateSettings, string> => {
  const found: Record<string, GateSetting | BuiltInSetting> = {}
  for (const [name, setting] of Object.entries((section ?? {}) as Record<string, unknown>)) {
    if (isBuiltIn(name, setting)) {
      const builtIn = interpretBuiltIn(name, setting, file, limitOf)
      if (Either.isLeft(builtIn)) return Either.left(builtIn.left)
      found[name] = builtIn.right
      continue
    }
    const { command, timeout } = setting as Record<string, unknown>
    if (!gateName.test(name)) return Either.left(`gates.${name}: a name has small letters, digits and "-"`)
    if (!Schema.is(GateCommand)(command))
      return Either.left(`gates.${name}.command is a line for the shell, or a list of a program and its arguments`)
    const limit = timeout === undefined ? undefined : limitOf(timeout)
    if (timeout !== undefined && limit === undefined)
      return Either.left(`gates.${name}.timeout is a time such as "90s" or "15m", not ${JSON.stringify(timeout)}`)
    found[name] = { command, origin: file, ...(limit === undefined ? {} : { timeout: limit }) }
  }
  return Either.right(found)
}
