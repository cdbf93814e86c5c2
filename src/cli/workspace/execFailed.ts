/** What went wrong with a command that had begun in the quick way, told as the command line proper tells it. */
import * as Effect from "effect/Effect"
import { failureOf } from "../../adapters/docker/EngineFailure.ts"
import { SpoolUnavailable } from "../../events/Spool.ts"
import { run } from "../run.ts"
import { takeGlobals } from "../takeGlobals.ts"
import type { Failed } from "./quickExec.ts"

export const execFailed = (args: ReadonlyArray<string>, failed: Failed): Promise<void> => {
  const { kind, cause } = failed
  const failure =
    kind === "engine-failed"
      ? failureOf("run a command", cause)
      : new SpoolUnavailable({ path: failed.spool, detail: cause instanceof Error ? cause.message : String(cause) })
  return run(Effect.fail(failure), takeGlobals(args))
}
