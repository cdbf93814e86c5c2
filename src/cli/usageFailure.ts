/** What is wrong with a command line, in the words of this program. */
import { stripVTControlCharacters } from "node:util"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import { nearest } from "../app/nearest.ts"
import { exitCodes, type Failure, oneLine } from "./Failures.ts"

/** A command, by the words that call it. */
interface Known {
  readonly path: ReadonlyArray<string>
  readonly options: ReadonlyArray<string>
}

/** Every command that there is. */
export type Vocabulary = () => ReadonlyArray<Known> | Promise<ReadonlyArray<Known>>

/** Undefined for a failure that is not about the command line. */
export const usageFailure = async (
  failure: unknown,
  args: ReadonlyArray<string>,
  vocabulary: Vocabulary
): Promise<Failure | undefined> => {
  if (!ValidationError.isValidationError(failure)) return undefined
  const { path, words } = meantBy(args, await vocabulary())
  const told = oneLine(stripVTControlCharacters(HelpDoc.toAnsiText(failure.error)))
  const rest = args.slice(path.length)
  const named = /^Received unknown argument: '([^']+)'/.exec(told)?.[1]
  const wrong = named ?? rest.find((word) => /^-{0,2}[a-z][\w-]*$/i.test(word) && !words.includes(word))
  const guess = wrong === undefined ? undefined : nearest(wrong.split("=")[0] ?? wrong, words)
  const message =
    failure._tag === "CommandMismatch" && wrong !== undefined
      ? `There is no command ${JSON.stringify([...path, wrong].join(" "))}.`
      : `${optionOf(told, args)}${told.replace(noInteger, (_, value: string) => `${JSON.stringify(value)} is no whole number.`)}`
  const help = ["nexus", ...path, "--help"].join(" ")
  const hint = `${guess === undefined ? "" : `Did you mean ${guess}? `}See: ${help}`
  return { code: "usage", message, hint, exit: exitCodes.usage }
}

/** The command that the first words call, and what may come after them: its options, and the next words of those below it. */
const meantBy = (args: ReadonlyArray<string>, commands: ReadonlyArray<Known>) => {
  const isBelow = (path: ReadonlyArray<string>, known: Known) => path.every((word, index) => known.path[index] === word)
  let path: ReadonlyArray<string> = []
  for (const word of args) {
    const longer = [...path, word]
    if (!commands.some((known) => isBelow(longer, known))) break
    path = longer
  }
  const below = commands.filter((known) => isBelow(path, known))
  return {
    path,
    words: [
      ...new Set([
        ...below.flatMap(({ path: all }) => all[path.length] ?? []),
        ...below.flatMap(({ path: all, options }) => (all.length === path.length ? options : []))
      ])
    ]
  }
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
