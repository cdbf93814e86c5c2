/** Starting a workspace although any other program may hold one of its ports: it then gets another one, and the log says so. */
import type { Writable } from "node:stream"
import * as Effect from "effect/Effect"
import type { StepId, WorkspaceId } from "../../domain/workspace/Ids.ts"
import { allocate, range } from "../../domain/workspace/Ports.ts"
import { type Workspace, WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import type { Backend } from "../ports/Backend.ts"
import { busyPorts, isFree } from "./FreePorts.ts"
import { record, type StepFailure, type StepNeeds } from "./Operate.ts"
import { variablesOf } from "./Order.ts"
import { makeAgain } from "./MakeAgain.ts"
import { bringIfPossible, bringTogether, isApart } from "./sync/Bring.ts"

/** Told, in words, of what takes time. */
export interface Say {
  (words: string): void
  /** Shows what commands print that are run meanwhile. */
  readonly output?: Writable
}

export const silent: Say = () => undefined

/** So many ports may be taken one after the other. */
const mostMoves = 20

export const startWithPorts = (
  id: WorkspaceId,
  backend: Backend,
  step: StepId,
  say: Say,
  lost: ReadonlySet<number> = new Set()
): Effect.Effect<string | void, StepFailure, StepNeeds> =>
  record(id, () => []).pipe(
    Effect.flatMap((workspace) =>
      variablesOf(workspace).pipe(
        Effect.flatMap((variables) => backend.start(id, variables)),
        Effect.zipLeft(bringIn(workspace, backend, say))
      )
    ),
    Effect.map(({ image }) => image),
    Effect.catchTag("BackendFailed", (failure) =>
      Effect.gen(function* () {
        const { port } = failure
        if (failure.kind !== "port-taken" || port === undefined || lost.size >= mostMoves) return yield* failure
        say(`Port ${port} is taken: taking another`)
        const workspace = yield* movePorts(id, port, lost, failure.detail)
        yield* makeAgain(workspace, backend, step, say)
        return yield* startWithPorts(id, backend, step, say, new Set([...lost, port]))
      })
    )
  )

/** A new one is nothing without its files; another one has what it had, and it is said what it has not. */
const bringIn = (workspace: Workspace, backend: Backend, say: Say) => {
  if (!isApart(workspace)) return Effect.void
  say("Bringing its files in")
  return workspace.status === "creating"
    ? bringTogether(workspace, backend, { furnishes: true })
    : bringIfPossible(workspace, backend, say, { furnishes: true })
}

/**
 * Gives the service that lost its port another one, and so each other one of the workspace's own whose port is held, too: nothing of
 * it runs now, so it is somebody else who holds it. Services beside it may run, and hold theirs.
 */
const movePorts = (id: WorkspaceId, port: number, lost: ReadonlySet<number>, reason: string) =>
  Effect.gen(function* () {
    const { ports } = yield* record(id, () => [])
    const own = ports.filter(({ companion, hostPort }) => companion === undefined && hostPort !== port)
    const free = yield* Effect.forEach(own, ({ hostPort, protocol }) => isFree(hostPort, protocol))
    const gone = [
      ...ports.filter(({ hostPort }) => hostPort === port),
      ...own.filter((_, index) => free[index] !== true)
    ].map(({ service, ...rest }) => ({ name: service, ...rest }))
    const taken = yield* busyPorts(gone, new Set([...lost, port]))
    return yield* record(id, (state, transaction) => {
      const moved = allocate(new Set([...Rows.reserved(transaction.database), ...taken]), gone)
      if (moved === undefined) throw exhausted
      return moved.flatMap(({ service, hostPort: to }) => {
        const before = state.ports.find((one) => one.service === service)
        return before === undefined
          ? []
          : [
              {
                type: "WorkspacePortMoved" as const,
                payload: {
                  workspace: id,
                  service,
                  from: before.hostPort,
                  to,
                  reason: before.hostPort === port ? reason : "something else holds it"
                }
              }
            ]
      })
    })
  })

export const exhausted = new WorkspaceRefused({
  reason: `All ports from ${range.first} to ${range.last} are reserved for workspaces.`,
  hint: "Delete some that are not needed: nexus workspace list --all"
})
