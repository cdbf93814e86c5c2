/** Gates: commands of the project's own whose exit code says whether the work holds, and checks that are built in. */
import { type Check, checkVersions } from "./Checks.ts"
import type { GateRan } from "./GateEvents.ts"

interface Common {
  readonly name: string
  /** Milliseconds until a run is ended. */
  readonly timeout: number
  /** Where it is from: a configuration file, or what it was found by. */
  readonly origin: string
}

export interface CommandGate extends Common {
  /** A program and its arguments, or a line for the shell. */
  readonly command: string | ReadonlyArray<string>
}

/** Judged by what changed since a base commit. */
export type CheckGate = Common & Check

export type Gate = CommandGate | CheckGate

export const isCheck = (gate: Gate | undefined): gate is CheckGate => gate !== undefined && "check" in gate

/** How one run of a gate's command ended. */
export interface Run {
  /** Null when it did not end by itself. */
  readonly exit: number | null
  readonly isTimedOut: boolean
  /** There is no such program. */
  readonly isMissing: boolean
}

/** The text that a definition's hash is of: what decides about the verdict, and nothing else. */
export const definitionText = (gate: Gate): string => {
  const { timeout } = gate
  if (!isCheck(gate)) return JSON.stringify({ command: gate.command, timeout })
  const { check, options, convention } = gate
  return JSON.stringify({ check, version: checkVersions[check], options, convention, timeout })
}

/** What one run says. Only what could not even be started is no verdict on the work. */
export const verdictOf = ({ exit, isTimedOut, isMissing }: Run): GateRan["verdict"] => {
  if (isTimedOut) return "timed out"
  if (isMissing) return "unavailable"
  return exit === 0 ? "passed" : "failed"
}

/** A gate's command as a person would write it. */
export const shownCommand = (gate: CheckGate | Pick<CommandGate, "command">): string => {
  if ("check" in gate) return "built in"
  const { command } = gate
  return typeof command === "string"
    ? command
    : command.map((word) => (/[^\w./:=@%+-]/.test(word) || word === "" ? `'${word}'` : word)).join(" ")
}
