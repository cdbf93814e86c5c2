/** Whether all is well in a workspace, as the project's own commands have it. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Hook } from "../../../domain/workspace/Spec.ts"
import type { Workspace } from "../../../domain/workspace/Workspace.ts"
import type { Backend } from "../../ports/Backend.ts"
import { backendNamed } from "../Find.ts"
import { variablesOf } from "../Order.ts"
import type { Say } from "../StartWithPorts.ts"
import { hookOutput, lastLines } from "./HookOutput.ts"
import { failureOf, hooksOf, lineOf, type Ran, recordHook, runOnce } from "./RunHooks.ts"

export interface Health {
  /** `unknown`: it does not run, or can't be asked; `none`: nothing asks. */
  readonly status: "healthy" | "unhealthy" | "unknown" | "none"
  /** Of what is not well: which hook says so, and its last words. */
  readonly hook?: string
  readonly exit?: number | null
  readonly lastLines?: ReadonlyArray<string>
}

/** Between two questions, in milliseconds: twice as long each time, up to the longest. */
const pause = { first: 200, longest: 2000 }

/** Asked now, once. Nothing is recorded. */
export const healthOf = (workspace: Workspace) => {
  const answered = (health: Health) => Effect.succeed(health)
  if (hooksOf(workspace, "health").length === 0) return answered({ status: "none" })
  if (workspace.status !== "running") return answered({ status: "unknown" })
  return backendNamed(workspace.spec.backend).pipe(
    Effect.flatMap((backend) => ask(workspace, backend)),
    Effect.map((ill): Health => {
      if (ill === undefined) return { status: "healthy" }
      const { hook, ran } = ill
      return { status: "unhealthy", hook: hook.name, exit: ran.exit, lastLines: lastLines(ran.text) }
    }),
    Effect.catchAll(({ message }) => answered({ status: "unknown", lastLines: [message] }))
  )
}

/** After a start: until all is well. Fails with HookFailed when it is not in time, which is recorded. */
export const awaitHealth = (workspace: Workspace, backend: Backend, say: Say) =>
  Effect.gen(function* () {
    const hooks = hooksOf(workspace, "health")
    const [first] = hooks
    if (first === undefined) return
    say(`Waiting until it is healthy: ${hooks.map(lineOf).join("; ")}`)
    const until = performance.now() + Math.max(...hooks.map(({ withinMs }) => withinMs ?? 60_000))
    for (let wait = pause.first; ; wait = Math.min(pause.longest, 2 * wait)) {
      const ill = yield* ask(workspace, backend)
      if (ill === undefined) {
        const last = hooks.at(-1) ?? first
        yield* recordHook(workspace, last, place(hooks, last), { ...well, text: "" }, hookOutput(undefined))
        return
      }
      const { hook, ran, output } = ill
      if (performance.now() + wait > until) {
        yield* recordHook(workspace, hook, place(hooks, hook), ran, output)
        return yield* failureOf(workspace, hook, ran)
      }
      yield* Effect.sleep(Duration.millis(wait))
    }
  })

const well = { exit: 0, timedOut: false, durationMs: 0 }

const place = (hooks: ReadonlyArray<Hook>, hook: Hook) => ({ number: hooks.indexOf(hook) + 1, of: hooks.length })

/** The first that is not well. */
const ask = (workspace: Workspace, backend: Backend) =>
  Effect.gen(function* () {
    const variables = { ...(yield* variablesOf(workspace)), NEXUS_HOOK: "health" }
    for (const hook of hooksOf(workspace, "health")) {
      const output = hookOutput(undefined)
      const ran: Ran = yield* runOnce(workspace, backend, hook, variables, output)
      if (ran.exit !== 0) return { hook, ran, output }
    }
    return undefined
  })
