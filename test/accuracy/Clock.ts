/**
 * Time that stands still, and goes on when it is told to: then a run falls into the same seconds each time, on every machine.
 * What a clock tells git, the spool and Nexus in this process is all that attribution ever asks of time.
 */
import { utimesSync } from "node:fs"

const real = Date.now

/** Milliseconds since 1970; undefined while time is the machine's. */
let standing: number | undefined

export interface StandingClock {
  /** Puts it on by so many milliseconds. */
  readonly advance: (milliseconds: number) => void
  readonly [Symbol.dispose]: () => void
}

/** From now on, and until it is disposed of, time stands still in this process, where a second begins. */
export const standStill = (): StandingClock => {
  standing = Math.ceil(real() / 1000) * 1000
  Date.now = () => standing ?? real()
  return {
    advance: (milliseconds) => void (standing = (standing ?? real()) + milliseconds),
    [Symbol.dispose]: () => {
      standing = undefined
      Date.now = real
    }
  }
}

/** Variables with which git takes this time for the present; none while time is the machine's. */
export const datesForGit = (): Readonly<Record<string, string>> => {
  if (standing === undefined) return {}
  const date = `@${Math.floor(standing / 1000)} +0000`
  return { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }
}

/** Gives a file the time that it was written at, by this clock. */
export const stamp = (path: string): void => {
  if (standing !== undefined) utimesSync(path, standing / 1000, standing / 1000)
}
