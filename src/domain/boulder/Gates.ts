/** Gates: commands of the project's own whose exit code says whether the work holds. */
import type { GateRan } from "./GateEvents.ts"

export interface Gate {
  readonly name: string
  /** A program and its arguments, or a line for the shell. */
  readonly command: string | ReadonlyArray<string>
  /** Milliseconds until a run is ended. */
  readonly timeout: number
  /** Where it is from: a configuration file, or what it was found by. */
  readonly origin: string
}

/** How one run of a gate's command ended. */
export interface Run {
  /** Null when it did not end by itself. */
  readonly exit: number | null
  readonly isTimedOut: boolean
  /** There is no such program. */
  readonly isMissing: boolean
}

/** The text that a definition's hash is of: what decides about the verdict, and nothing else. */
export const definitionText = ({ command, timeout }: Gate): string => JSON.stringify({ command, timeout })

/** What one run says. 127 is what shells answer for a program that they can't find. */
export const verdictOf = ({ exit, isTimedOut, isMissing }: Run): GateRan["verdict"] => {
  if (isTimedOut) return "timed out"
  if (isMissing || exit === 127) return "unavailable"
  return exit === 0 ? "passed" : "failed"
}

/** A gate's command as a person would write it. */
export const shownCommand = ({ command }: Pick<Gate, "command">): string =>
  typeof command === "string"
    ? command
    : command.map((word) => (/[^\w./:=@%+-]/.test(word) || word === "" ? `'${word}'` : word)).join(" ")
