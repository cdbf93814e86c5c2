/** What is wrong with a command line, in the words of this program. */
import { stripVTControlCharacters } from "node:util"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import { nearest } from "../app/nearest.ts"
import { exitCodes, type Failure, oneLine } from "./Failures.ts"

/**
 * Undefined for a failure that is not about the command line. `words`: every command and option that there is, to guess what
 * a mistyped one was meant to be.
 */
export const usageFailure = async (
  failure: unknown,
  args: ReadonlyArray<string>,
  words: () => ReadonlyArray<string> | Promise<ReadonlyArray<string>>
): Promise<Failure | undefined> => {
  if (!ValidationError.isValidationError(failure)) return undefined
  const known = await words()
  const told = oneLine(stripVTControlCharacters(HelpDoc.toAnsiText(failure.error)))
  const wrong = args.find((word) => /^-{0,2}[a-z][\w-]*$/i.test(word) && !known.includes(word))
  const guess = wrong === undefined ? undefined : nearest(wrong, known)
  const message =
    failure._tag === "CommandMismatch" && wrong !== undefined
      ? `There is no command ${JSON.stringify(wrong)}.`
      : `${optionOf(told, args)}${told.replace(noInteger, (_, value: string) => `${JSON.stringify(value)} is no whole number.`)}`
  const hint = `${guess === undefined ? "" : `Did you mean ${guess}? `}See: nexus --help`
  return { code: "usage", message, hint, exit: exitCodes.usage }
}

/** The library's words. */
const noInteger = /^'([^']*)' is not an? integer$/

/** "--limit: " for "'many' is not an integer": the library names only the value. */
const optionOf = (message: string, args: ReadonlyArray<string>): string => {
  const value = /^'([^']*)' is not /.exec(message)?.[1]
  const at = value === undefined ? -1 : args.findIndex((word) => word === value || word.endsWith(`=${value}`))
  const option = [args[at - 1], args[at]?.split("=")[0]].find((word) => word?.startsWith("--"))
  return option === undefined ? "" : `${option}: `
}
