/** When a workspace's hooks are run: around what is done with it. */
import * as Effect from "effect/Effect"
import type { HookStage } from "../../../domain/workspace/Spec.ts"
import { isSetUp } from "../../../domain/workspace/HookRan.ts"
import type { Workspace } from "../../../domain/workspace/Workspace.ts"
import type { Backend } from "../../ports/Backend.ts"
import type { Say } from "../StartWithPorts.ts"
import { variablesOf } from "../Order.ts"
import { awaitHealth } from "./Health.ts"
import { hooksOf, runHooks } from "./RunHooks.ts"

/**
 * Once it runs: setup, unless that came to its end before; then what is to run at each start; then it is waited for that all is well. Fails with HookFailed; the workspace
 * runs all the same.
 */
export const afterStart = (workspace: Workspace, backend: Backend, say: Say) =>
  Effect.gen(function* () {
    if (!isSetUp(workspace)) yield* runHooks(workspace, backend, "setup", say)
    yield* runHooks(workspace, backend, "start", say)
    yield* awaitHealth(workspace, backend, say)
  })

/** The same where something else was asked for than a start: what fails is said. */
export const afterRestart = (workspace: Workspace, backend: Backend, say: Say) =>
  told(afterStart(workspace, backend, say), say)

/** Before its end, or its programs': what fails is said, and stands in the way of nothing. */
export const before = (stages: ReadonlyArray<HookStage>, workspace: Workspace, backend: Backend, say: Say) =>
  Effect.forEach(stages, (stage) => told(runHooks(workspace, backend, stage, say), say), { discard: true })

const hasHooks = (workspace: Workspace, stage: HookStage): boolean => hooksOf(workspace, stage).length > 0

const told = <A, R>(
  running: Effect.Effect<A, { readonly message: string; readonly hint?: string | undefined }, R>,
  say: Say
) =>
  Effect.catchAll(Effect.asVoid(running), ({ message, hint }) =>
    Effect.sync(() => say(`${message}${hint === undefined ? "" : ` ${hint}`}`))
  )

/** A workspace that stands still is started for it, where there is something to be run. */
export const beforeEnd = (workspace: Workspace, backend: Backend, say: Say) =>
  Effect.gen(function* () {
    const { status, id } = workspace
    const isWhole = status === "running" || status === "stopped" || status === "paused"
    if (!isWhole || !hasHooks(workspace, "teardown"))
      return status === "running" ? yield* before(["stop"], workspace, backend, say) : undefined
    if (status === "stopped")
      yield* told(
        Effect.flatMap(variablesOf(workspace), (variables) => backend.start(id, variables)),
        say
      )
    if (status === "paused") yield* told(backend.resume(id), say)
    yield* before(["stop", "teardown"], workspace, backend, say)
  })
