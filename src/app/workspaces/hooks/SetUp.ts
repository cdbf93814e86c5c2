/** Setup run again, because it failed or what it made is gone. */
import * as Effect from "effect/Effect"
import { isSetUp } from "../../../domain/workspace/HookRan.ts"
import { WorkspaceRefused } from "../../../domain/workspace/Workspace.ts"
import { running } from "../Execute.ts"
import { backendNamed } from "../Find.ts"
import type { Say } from "../StartWithPorts.ts"
import { afterStart } from "./AroundLife.ts"
import { hooksOf, runHooks } from "./RunHooks.ts"

/** Then what waited for it, if it never came to a good end before. Fails with HookFailed, and WorkspaceRefused without any setup. */
export const setUp = (name: string, say: Say) =>
  Effect.gen(function* () {
    const workspace = yield* running(name, say)
    if (hooksOf(workspace, "setup").length === 0)
      return yield* new WorkspaceRefused({
        reason: `${workspace.name} has no setup.`,
        hint: "A workspace has the hooks that the project had when it was made: workspace.hooks in .nexus/config.jsonc."
      })
    const backend = yield* backendNamed(workspace.spec.backend)
    if (isSetUp(workspace)) yield* runHooks(workspace, backend, "setup", say)
    else yield* afterStart(workspace, backend, say)
    return workspace
  })
