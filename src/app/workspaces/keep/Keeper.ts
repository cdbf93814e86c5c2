/**
 * The process that looks after workspaces: a round, a pause, and again, until there is nothing to look after. Of one log there is one
 * at a time. It holds no log open in between, and ends when the log or this program is another one.
 */
import { existsSync, readFileSync, statSync } from "node:fs"
import { setTimeout } from "node:timers/promises"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import type { Home } from "../../../events/Home.ts"
import { type Lock, takeLock } from "../../../events/Lock.ts"
import { replaceFile } from "../../ReplaceFile.ts"
import type { Asks } from "./Asks.ts"
import type { Round, Trouble } from "./Round.ts"
import { lockOf } from "./KeeperLock.ts"

/** What it tells of itself. Times are milliseconds since 1970. */
export interface KeeperNote {
  readonly pid: number
  readonly since: number
  readonly every: number
  readonly round: number
  readonly running: number
  readonly troubles: ReadonlyArray<Trouble>
}

/** Why it ended. `busy`: another one is at it. */
export type Ending = "busy" | "gone" | "idle" | "failed" | "replaced" | "stopped"

export interface Keeping {
  readonly home: Home
  /** The file of this program. */
  readonly program: string
  /** Milliseconds between two rounds. */
  readonly every: number
  readonly once: boolean
  readonly signal: AbortSignal
  readonly round: () => Promise<Exit.Exit<Round, { readonly _tag: string; readonly message: string }>>
  readonly told: (round: Round) => void
  /** What agents inside ask for between two rounds. */
  readonly asks: Asks
}

/** Rounds in a row that may come to nothing. */
const mostFailures = 10

/** A log that these are said of is none to go on with. */
const final = new Set(["LogTooNew", "LogReplaced", "LogDamaged"])

export const keep = async (keeping: Keeping): Promise<Ending> => {
  const { home, signal, every } = keeping
  let lock: Lock | undefined = takeLock(lockOf(home))
  if (lock === undefined) return "busy"
  const since = Date.now()
  const program = stateOf(keeping.program)
  try {
    for (let failures = 0; ;) {
      // A log that is not there is not to be made anew.
      if (!existsSync(home.log)) return "gone"
      const exit = await keeping.round()
      if (signal.aborted) return "stopped"
      if (Exit.isFailure(exit)) {
        const failure = Cause.squash(exit.cause) as { readonly _tag?: string; readonly message: string }
        failures += 1
        if (final.has(failure._tag ?? "")) return "replaced"
        tell(keeping, since, { running: 0, troubles: [{ workspace: "", job: "round", reason: failure.message }] })
        if (keeping.once || failures >= mostFailures) return "failed"
      } else {
        failures = 0
        keeping.told(exit.value)
        if (!keeping.once) keeping.asks.guard(exit.value.guarded)
        tell(keeping, since, exit.value)
        if (keeping.once) return "idle"
        if (exit.value.running === 0) {
          // Whoever starts a workspace just now finds the lock held, and starts no keeper: so it is looked once more without it.
          if (lock === undefined) return "idle"
          lock.release()
          lock = undefined
          continue
        }
      }
      lock ??= takeLock(lockOf(home))
      if (lock === undefined) return "idle"
      await setTimeout(every, undefined, { signal, ref: true }).catch(() => undefined)
      if (signal.aborted) return "stopped"
      if (stateOf(keeping.program) !== program) return "replaced"
    }
  } finally {
    keeping.asks.close()
    lock?.release()
  }
}

/** Only for `nexus doctor`: that it can't be told ends nothing. */
const tell = (
  { home, every }: Keeping,
  since: number,
  { running, troubles }: Pick<Round, "running" | "troubles">
): void => {
  const note: KeeperNote = {
    pid: process.pid,
    since,
    every,
    round: Date.now(),
    running,
    troubles: troubles.slice(0, 20)
  }
  try {
    replaceFile(home.keeper, `${JSON.stringify(note)}\n`, 0o600)
  } catch {
    // The disk is full, or the home gone: the next round finds out.
  }
}

export const readKeeperNote = (home: Home): KeeperNote | undefined => {
  try {
    return JSON.parse(readFileSync(home.keeper, "utf8")) as KeeperNote
  } catch {
    return undefined
  }
}

/** Changes when another file is in its place, or another version of it. */
export const stateOf = (file: string): string => {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat === undefined ? "" : `${stat.ino} ${stat.mtimeMs} ${stat.size}`
}
