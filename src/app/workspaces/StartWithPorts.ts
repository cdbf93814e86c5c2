/** Starting a workspace although any other program may hold one of its ports: it then gets another one, and the log says so. */
import type { Writable } from "node:stream"
import * as Effect from "effect/Effect"
import type { StepId, WorkspaceId } from "../../domain/workspace/Ids.ts"
import { allocate, range } from "../../domain/workspace/Ports.ts"
import { WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import type { Backend } from "../ports/Backend.ts"
import { record, type StepFailure, type StepNeeds } from "./Operate.ts"
import { variablesOf } from "./Order.ts"
import { makeAgain } from "./MakeAgain.ts"

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
    Effect.flatMap(variablesOf),
    Effect.flatMap((variables) => backend.start(id, variables)),
    Effect.map(({ image }) => image),
    Effect.catchTag("BackendFailed", (failure) =>
      Effect.gen(function* () {
        const { port } = failure
        if (failure.kind !== "port-taken" || port === undefined || lost.size >= mostMoves) return yield* failure
        say(`Port ${port} is taken: taking another`)
        const taken = new Set([...lost, port])
        const workspace = yield* record(id, (state, transaction) => {
          const service = state.ports.find(({ hostPort }) => hostPort === port)
          if (service === undefined) return []
          const [moved] =
            allocate(new Set([...Rows.reserved(transaction.database), ...taken]), [
              { name: service.service, port: service.port, protocol: service.protocol }
            ]) ?? []
          if (moved === undefined) throw exhausted
          return [
            {
              type: "WorkspacePortMoved",
              payload: {
                workspace: id,
                service: service.service,
                from: port,
                to: moved.hostPort,
                reason: failure.detail
              }
            }
          ]
        })
        yield* makeAgain(workspace, backend, step, say)
        return yield* startWithPorts(id, backend, step, say, taken)
      })
    )
  )

export const exhausted = new WorkspaceRefused({
  reason: `All ports from ${range.first} to ${range.last} are reserved for workspaces.`,
  hint: "Delete some that are not needed: nexus workspace list --all"
})
