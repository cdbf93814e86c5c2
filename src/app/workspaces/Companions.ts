/** Services of the project's own beside a workspace: read and given ports when it is made, and how they are later. */
import * as Effect from "effect/Effect"
import type { Reached } from "../../domain/workspace/Ports.ts"
import { allocate } from "../../domain/workspace/Ports.ts"
import type { StepId, WorkspaceId } from "../../domain/workspace/Ids.ts"
import type { Workspace } from "../../domain/workspace/Workspace.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import type { Backend, Companion } from "../ports/Backend.ts"
import { backendNamed } from "./Find.ts"
import { busyPorts } from "./FreePorts.ts"
import { record } from "./Operate.ts"
import { orderFor } from "./Order.ts"
import { exhausted, type Say } from "./StartWithPorts.ts"

/** Reads what the project says of them, as it is in the worktree now, and reserves their ports. Answers the workspace with these. */
export const prepareCompanions = (workspace: Workspace, backend: Backend, step: StepId, say: Say) =>
  Effect.gen(function* () {
    if (workspace.spec.compose === undefined) return workspace
    const reached = yield* backend.prepare(yield* orderFor(workspace, backend, step), say)
    return yield* reserve(workspace.id, reached)
  })

const reserve = (id: WorkspaceId, reached: ReadonlyArray<Reached>) =>
  Effect.gen(function* () {
    const busy = yield* busyPorts(reached)
    return yield* record(id, (state, transaction) => {
      // A step that is done again finds what it reserved before.
      const missing = reached.filter(({ name }) => !state.ports.some(({ service }) => service === name))
      const ports = allocate(new Set([...Rows.reserved(transaction.database), ...busy]), missing)
      if (ports === undefined) throw exhausted
      return ports.map((port) => ({
        type: "WorkspacePortReserved" as const,
        payload: { workspace: id, host: "127.0.0.1", ...port }
      }))
    })
  })

/** None, with `why`, when that can't be told. */
export const companionsOf = ({ id, spec }: Workspace) =>
  Effect.gen(function* () {
    const none: ReadonlyArray<Companion> = []
    if (spec.compose === undefined) return { companions: none, why: undefined }
    const backend = yield* backendNamed(spec.backend)
    return { companions: yield* backend.companions(id), why: undefined }
  }).pipe(
    Effect.catchAll((failure) => Effect.succeed({ companions: [] as ReadonlyArray<Companion>, why: failure.message }))
  )

/** Those that ought to run with it, and don't. One that came to its end is done. */
export const idleCompanions = (workspace: Workspace) =>
  Effect.map(companionsOf(workspace), ({ companions, why }) => {
    if (why !== undefined) return []
    const missing = workspace.ports.flatMap(({ companion }) =>
      companion === undefined || companions.some(({ name }) => name === companion) ? [] : [companion]
    )
    const ended = companions.filter(({ state, exit }) => state !== "running" && exit !== 0).map(({ name }) => name)
    return [...new Set([...missing, ...ended])].sort()
  })
