/** What a sync is at, as `status` tells it. */
import type { SideName } from "../../domain/sync/Entry.ts"
import type { Census } from "../../domain/sync/Plan.ts"

export type Phase = "idle" | "scanning" | "staging" | "applying"

/** Why nothing is done until somebody says what is meant. */
export interface Halt {
  /**
   * "no-root": a root is not there. "no-token": a root was emptied, or another folder is in its place. "foreign": a root is of another
   * sync, or is the other side's. "vanished": more is gone at once than is usual.
   */
  readonly reason: "no-root" | "no-token" | "foreign" | "vanished"
  readonly side: SideName
  readonly detail: string
  readonly advice: string
}

/** Something that is not the same on both sides, and why. */
export interface Problem {
  readonly side: SideName | "both"
  readonly path: string
  readonly why: string
  /** Whether the next round may do without anybody's help. */
  readonly passes: boolean
}

/** At most so many problems are kept; `problemCount` counts all. */
export const mostProblems = 200

export interface SyncState {
  readonly phase: Phase
  readonly isPaused: boolean
  readonly halt: Halt | null
  /** Why the last round came to no end, such as a side that could not be reached. */
  readonly failure: string | null
  /** What was on each side at the last scan. */
  readonly host: Census
  readonly workspace: Census
  /** Of the round that runs, or of the last one: steps in all and steps done. */
  readonly steps: number
  readonly done: number
  readonly bytes: number
  readonly problems: ReadonlyArray<Problem>
  readonly problemCount: number
  /** Whether the last round found or left both sides the same, but for problems. */
  readonly isSame: boolean
  /** End of the last round that came to one, in milliseconds since 1970; 0: none yet. */
  readonly roundAt: number
  readonly rounds: number
}

const nothing: Census = { files: 0, links: 0, folders: 0 }

export const initialState: SyncState = {
  phase: "idle",
  isPaused: false,
  halt: null,
  failure: null,
  host: nothing,
  workspace: nothing,
  steps: 0,
  done: 0,
  bytes: 0,
  problems: [],
  problemCount: 0,
  isSame: false,
  roundAt: 0,
  rounds: 0
}

/** One word for it. */
export const wordOf = ({ phase, isPaused, halt }: SyncState): Phase | "paused" | "halted" =>
  isPaused ? "paused" : halt !== null ? "halted" : phase
