/** What went wrong with a command that had begun in the quick way, told as the command line proper tells it. */
import * as Effect from "effect/Effect"
import { failureOf } from "../../adapters/docker/EngineFailure.ts"
import { SpoolUnavailable } from "../../events/Spool.ts"
import { run } from "../run.ts"
import type { Globals } from "../takeGlobals.ts"

export const engineFailed = (globals: Globals, cause: unknown): Promise<void> =>
  run(Effect.fail(failureOf("run a command", cause)), globals)

export const notRecorded = (globals: Globals, path: string, cause: unknown): Promise<void> =>
  run(Effect.fail(new SpoolUnavailable({ path, detail: cause instanceof Error ? cause.message : String(cause) })), globals)
