/** One of the things that are done for each workspace that runs, a round at a time. */
import type * as Effect from "effect/Effect"
import type { EventLog } from "../../../events/EventLog.ts"
import type { Listed } from "../../../projections/WorkspaceRows.ts"
import type { Config } from "../../Config.ts"
import type { Backend, Backends, Usage } from "../../ports/Backend.ts"
import type { Repositories } from "../../ports/Repositories.ts"
import type { StepNeeds } from "../Operate.ts"
import type { Moment, Note } from "./Notes.ts"

/** A workspace as a round finds it. */
export interface Kept extends Listed {
  readonly backend: Backend
  readonly settings: Config["workspace"]
  readonly now: Moment
  /** How far rounds are apart, in milliseconds. */
  readonly every: number
  /** Undefined: it could not be measured. */
  readonly usage: Usage | undefined
  /** Of one processor, on average since the round before; undefined where that is not known. */
  readonly cpus: number | undefined
}

/** Tagged, with a message that says what to do. */
export interface JobFailure {
  readonly _tag: string
  readonly message: string
}

export interface Job {
  readonly name: string
  /** Answers what is to be remembered. What it fails with is told by `nexus doctor`, and ends no other job. */
  readonly run: (
    kept: Kept,
    note: Note
  ) => Effect.Effect<Note, JobFailure, Backends | EventLog | Repositories | StepNeeds>
  /** What is to be remembered when it failed. */
  readonly failed?: (note: Note) => Note
}
