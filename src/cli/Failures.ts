/** Errors as users and programs see them: one line, or one JSON object, and a documented exit code. */
import { stripVTControlCharacters } from "node:util"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import { nearest } from "../app/nearest.ts"
import { ProjectionUnknown } from "../projections/Projections.ts"

/** The exit codes of `nexus`; documented in docs/cli.md. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  integrity: 5,
  missing: 6
} as const

export interface Failure {
  /** The error's name in snake case: stable, for programs. */
  readonly code: string
  readonly message: string
  /** What to do next; "" when the message says it. */
  readonly hint: string
  readonly exit: number
}

const exits: Readonly<Record<string, number>> = {
  UsageWrong: exitCodes.usage,
  AgentUnknown: exitCodes.usage,
  ProjectionUnknown: exitCodes.notFound,
  NotFound: exitCodes.notFound,
  BackupMissing: exitCodes.notFound,
  Ambiguous: exitCodes.notFound,
  NotARepository: exitCodes.notFound,
  VersionConflict: exitCodes.conflict,
  KeyReused: exitCodes.conflict,
  LogReplaced: exitCodes.conflict,
  LogBusy: exitCodes.conflict,
  BackupRefused: exitCodes.conflict,
  LogDamaged: exitCodes.integrity,
  BackupBroken: exitCodes.integrity,
  LogTooNew: exitCodes.integrity,
  IntegrityBroken: exitCodes.integrity,
  GitMissing: exitCodes.missing
}

/**
 * What any failure of a command becomes. A defect is ours: it says so, without a stack trace. `words`: every command and
 * option that there is, to guess what a mistyped one was meant to be.
 */
export const describeFailure = (
  failure: unknown,
  args: ReadonlyArray<string>,
  words: ReadonlyArray<string>
): Failure => {
  if (ValidationError.isValidationError(failure)) {
    const told = oneLine(stripVTControlCharacters(HelpDoc.toAnsiText(failure.error)))
    const wrong = args.find((word) => /^-{0,2}[a-z][\w-]*$/i.test(word) && !words.includes(word))
    const guess = wrong === undefined ? undefined : nearest(wrong, words)
    const message =
      failure._tag === "CommandMismatch" && wrong !== undefined
        ? `There is no command ${JSON.stringify(wrong)}.`
        : `${optionOf(told, args)}${told}`
    const hint = `${guess === undefined ? "" : `Did you mean ${guess}? `}See: nexus --help`
    return { code: "usage", message, hint, exit: exitCodes.usage }
  }
  if (failure instanceof Error && "_tag" in failure && typeof failure._tag === "string") {
    const hint = "hint" in failure && typeof failure.hint === "string" ? failure.hint : guessOf(failure)
    return {
      code: snake(failure._tag),
      message: oneLine(failure.message),
      hint,
      exit: exits[failure._tag] ?? exitCodes.failed
    }
  }
  const message = oneLine(failure instanceof Error ? failure.message : String(failure))
  return {
    code: "defect",
    message: `Nexus made a mistake: ${message}`,
    hint: "Please report it.",
    exit: exitCodes.failed
  }
}

export const failureText = (failure: Failure, json: boolean): string =>
  json
    ? JSON.stringify({ error: { code: failure.code, message: failure.message, hint: failure.hint } })
    : `nexus: ${failure.message}${failure.hint === "" || failure.message.includes(failure.hint) ? "" : ` ${failure.hint}`}`

const guessOf = (failure: object): string => {
  if (!(failure instanceof ProjectionUnknown)) return ""
  const guess = nearest(failure.name, failure.known)
  return guess === undefined ? "" : `Did you mean ${guess}?`
}

/** "--limit: " for "'many' is not an integer": the library names only the value. */
const optionOf = (message: string, args: ReadonlyArray<string>): string => {
  const value = /^'([^']*)' is not /.exec(message)?.[1]
  const at = value === undefined ? -1 : args.findIndex((word) => word === value || word.endsWith(`=${value}`))
  const option = [args[at - 1], args[at]?.split("=")[0]].find((word) => word?.startsWith("--"))
  return option === undefined ? "" : `${option}: `
}

const snake = (tag: string): string =>
  tag.replace(/(?<=[a-z])[A-Z]|(?<=[A-Z])[A-Z](?=[a-z])/g, (letter) => `_${letter}`).toLowerCase()

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, " ").trim()
