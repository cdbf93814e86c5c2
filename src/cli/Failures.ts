/** Errors as users and programs see them: one line, or one JSON object, and a documented exit code. */
import { nearest } from "../app/nearest.ts"
import { QueryWrong } from "../domain/attribution/query/QueryWrong.ts"
import { ProjectionUnknown } from "../projections/Projections.ts"

/** The exit codes of `nexus`; documented in docs/cli.md. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  integrity: 5,
  missing: 6,
  policy: 7,
  hook: 8
} as const

export interface Failure {
  /** The error's name in snake case: stable, for programs. */
  readonly code: string
  readonly message: string
  /** What to do next; "" when the message says it. */
  readonly hint: string
  readonly exit: number
  /** Where an expression is wrong; `column` from 1. */
  readonly place?: { readonly expression: string; readonly column: number }
}

const exits: Readonly<Record<string, number>> = {
  UsageWrong: exitCodes.usage,
  QueryWrong: exitCodes.usage,
  AgentUnknown: exitCodes.usage,
  AgentNotInstallable: exitCodes.usage,
  ProjectionUnknown: exitCodes.notFound,
  NotFound: exitCodes.notFound,
  NotAFile: exitCodes.notFound,
  BackupMissing: exitCodes.notFound,
  Ambiguous: exitCodes.notFound,
  NotARepository: exitCodes.notFound,
  RevisionUnknown: exitCodes.notFound,
  VersionConflict: exitCodes.conflict,
  KeyReused: exitCodes.conflict,
  TaskRefused: exitCodes.conflict,
  BoulderRefused: exitCodes.conflict,
  FactsRefused: exitCodes.usage,
  DecisionsDiffer: exitCodes.integrity,
  ImportRefused: exitCodes.usage,
  RecordRefused: exitCodes.conflict,
  LogReplaced: exitCodes.conflict,
  LogBusy: exitCodes.conflict,
  BackupRefused: exitCodes.conflict,
  LogDamaged: exitCodes.integrity,
  BackupBroken: exitCodes.integrity,
  LogTooNew: exitCodes.integrity,
  IntegrityBroken: exitCodes.integrity,
  GitMissing: exitCodes.missing,
  ProgramMissing: exitCodes.missing,
  PolicyUnreadable: exitCodes.usage,
  GateNotPassed: exitCodes.policy,
  ConfigUnreadable: exitCodes.usage,
  SettingUnknown: exitCodes.usage,
  SettingWrong: exitCodes.usage,
  PolicyViolated: exitCodes.policy,
  WorkspaceRefused: exitCodes.conflict,
  WorktreeRefused: exitCodes.conflict,
  FilesApart: exitCodes.conflict,
  MergeConflicts: exitCodes.conflict,
  DevcontainerWrong: exitCodes.usage,
  BackendUnavailable: exitCodes.missing,
  TemplateRefused: exitCodes.usage,
  TemplateUnreachable: exitCodes.missing,
  TemplateDiffers: exitCodes.integrity,
  HookFailed: exitCodes.hook,
  TreeDamaged: exitCodes.integrity
}

/** What any failure of a command becomes. A defect is ours: it says so, without a stack trace. */
export const describeFailure = (failure: unknown): Failure => {
  if (failure instanceof Error && "_tag" in failure && typeof failure._tag === "string") {
    const hint = "hint" in failure && typeof failure.hint === "string" ? failure.hint : guessOf(failure)
    return {
      code: snake(failure._tag),
      message: oneLine(failure.message),
      hint,
      exit: exits[failure._tag] ?? exitCodes.failed,
      ...(failure instanceof QueryWrong ? { place: failure } : {})
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

export const failureText = ({ code, message, hint, place }: Failure, json: boolean): string => {
  if (json) return JSON.stringify({ error: { code, message, hint, ...(place && { column: place.column }) } })
  const told = `nexus: ${message}${hint === "" || message.includes(hint) ? "" : ` ${hint}`}`
  return place === undefined ? told : `${told}\n  ${onOneRow(place.expression)}\n  ${" ".repeat(place.column - 1)}^`
}

const guessOf = (failure: object): string => {
  if (failure instanceof QueryWrong) return suggestion(failure.word ?? "", failure.known ?? [])
  return failure instanceof ProjectionUnknown ? suggestion(failure.name, failure.known) : ""
}

const suggestion = (word: string, known: ReadonlyArray<string>): string => {
  const guess = nearest(word, known)
  if (guess !== undefined) return `Did you mean ${guess}?`
  return known.length === 0 ? "" : `Known are: ${known.join(", ")}.`
}

/** Every character in its column. */
const onOneRow = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ")

const snake = (tag: string): string =>
  tag.replace(/(?<=[a-z])[A-Z]|(?<=[A-Z])[A-Z](?=[a-z])/g, (letter) => `_${letter}`).toLowerCase()

/** A message may come in several lines; users and programs get one. */
export const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, " ").trim()
