/** The port to the programs of a project: its checks. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Run } from "../../domain/boulder/Gates.ts"

export interface ProgramRun extends Run {
  /** The end of what it printed, both streams as they came. */
  readonly output: Buffer
  readonly durationMs: number
}

export class Programs extends Context.Tag("nexus/app/Programs")<
  Programs,
  {
    /** Runs a program (a line: in the shell) to its end, with all that it started. Interrupting ends them. */
    readonly run: (
      command: string | ReadonlyArray<string>,
      options: { readonly cwd: string; readonly timeout: number; readonly keep: number }
    ) => Effect.Effect<ProgramRun>
  }
>() {}
