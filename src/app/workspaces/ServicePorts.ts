/** Ports of this machine that lead into a workspace: what is reserved, what listens inside, one more, one less. */
import * as Effect from "effect/Effect"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { allocate, ssh } from "../../domain/workspace/Ports.ts"
import type { Service } from "../../domain/workspace/Spec.ts"
import { type Workspace, WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import { NotFound } from "../Find.ts"
import { nearest } from "../nearest.ts"
import type { Backend } from "../ports/Backend.ts"
import { backendNamed, find } from "./Find.ts"
import { makeAgain } from "./MakeAgain.ts"
import { operate, type Plan, record } from "./Operate.ts"
import { afterRestart } from "./hooks/AroundLife.ts"
import { orderFor } from "./Order.ts"
import { exhausted, type Say, startWithPorts } from "./StartWithPorts.ts"

/** How long programs have to end by themselves, in milliseconds. */
const grace = 10_000

/**
 * `listening`: on which ports something inside listens; undefined when that can't be told, with `why`. Reserved ports need no engine.
 */
export const listPorts = (name: string) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    const backend = yield* backendNamed(workspace.spec.backend)
    if (workspace.status !== "running") return { workspace, listening: undefined, why: `it is ${workspace.status}` }
    const found = yield* Effect.either(backend.listening(workspace.id))
    return found._tag === "Right"
      ? { workspace, listening: found.right, why: undefined }
      : { workspace, listening: undefined, why: found.left.message }
  })

/** Reserves a port of this machine, and has it lead to the service. Fails with WorkspaceRefused for a name that is taken. */
export const addPort = (name: string, { name: service, port, protocol }: Service, say: Say) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    const backend = yield* backendNamed(workspace.spec.backend)
    yield* backend.probe
    let failedToo: WorkspaceId | undefined
    const after = yield* operate(
      workspace.id,
      madeAgain(workspace, backend, say, (state, transaction) => {
        refuseUnless(state)
        const other = state.ports.find((one) => one.service === service)
        if (other !== undefined || service === ssh.name)
          throw new WorkspaceRefused({
            reason: `${state.name} has a service ${service} already${other === undefined ? "" : `: port ${other.hostPort} leads to ${other.port}/${other.protocol}`}.`,
            hint: `Choose another name, or release it first: nexus workspace port remove ${state.name} ${service}`
          })
        const [reserved] = allocate(Rows.reserved(transaction.database), [{ name: service, port, protocol }]) ?? []
        if (reserved === undefined) throw exhausted
        failedToo = state.id
        return [{ type: "WorkspacePortReserved", payload: { workspace: state.id, host: "127.0.0.1", ...reserved } }]
      })
    ).pipe(
      // What did not come to be leads nowhere.
      Effect.tapErrorCause(() =>
        failedToo === undefined
          ? Effect.void
          : Effect.ignore(
              record(failedToo, (state) =>
                state.ports.some((one) => one.service === service)
                  ? [{ type: "WorkspacePortReleased", payload: { workspace: state.id, service } }]
                  : []
              )
            )
      )
    )
    yield* ifRestarted(workspace, after, backend, say)
    return { workspace: after, port: after.ports.find((one) => one.service === service) }
  })

/** Fails with NotFound for a service that it has not. */
export const removePort = (name: string, service: string, say: Say) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    const backend = yield* backendNamed(workspace.spec.backend)
    const names = workspace.ports.map((one) => one.service).filter((one) => one !== ssh.name)
    if (service === ssh.name)
      return yield* new WorkspaceRefused({
        reason: `The port of ${ssh.name} is how ${workspace.name} is reached.`,
        hint: `Others: ${names.join(", ") || "none"}.`
      })
    if (!names.includes(service)) {
      const guess = nearest(service, names)
      return yield* new NotFound({
        what: "service",
        name: service,
        hint: `${guess === undefined ? "" : `Did you mean ${guess}? `}List them: nexus workspace port list ${workspace.name}`
      })
    }
    yield* backend.probe
    const after = yield* operate(
      workspace.id,
      madeAgain(workspace, backend, say, (state) => {
        refuseUnless(state)
        return [{ type: "WorkspacePortReleased", payload: { workspace: state.id, service } }]
      })
    )
    yield* ifRestarted(workspace, after, backend, say)
    return after
  })

const ifRestarted = ({ status }: Workspace, after: Workspace, backend: Backend, say: Say) =>
  status === "running" && backend.isolates ? afterRestart(after, backend, say) : Effect.void

const refuseUnless = ({ name, status, spec }: Workspace): void => {
  if (status !== "running" && status !== "stopped")
    throw new WorkspaceRefused({
      reason: `${name} is ${status}: its ports can't be changed.`,
      hint: status === "paused" ? `First: nexus workspace resume ${name}` : `First: nexus workspace repair ${name}`
    })
  if (spec.network === "none")
    throw new WorkspaceRefused({
      reason: `${name} was made without a network, so no port leads into it.`,
      hint: "Make another one with --network own."
    })
}

/** Ports are part of how an environment was made. It runs afterwards if it did before. */
const madeAgain = (
  { id, status }: Workspace,
  backend: Backend,
  say: Say,
  first: Extract<Plan["first"], (...given: never) => unknown>
): Plan => {
  const wasRunning = status === "running"
  return {
    operation: "repair",
    first,
    steps: [
      {
        kind: "environment",
        act: (step) =>
          Effect.gen(function* () {
            const now = yield* record(id, () => [])
            // Its programs learn of ports when they are started, and need not be ended for that.
            if (!backend.isolates) {
              yield* backend.create(yield* orderFor(now, backend, step), say)
              return
            }
            if (wasRunning) {
              say("Stopping its programs")
              yield* backend.stop(id, grace)
            }
            say("Making the environment again")
            yield* makeAgain(now, backend, step, say)
          })
      },
      ...(wasRunning ? [{ kind: "start" as const, act: startStep(id, backend, say) }] : [])
    ],
    outcome: () => (wasRunning ? [{ type: "WorkspaceStarted", payload: { workspace: id } }] : [])
  }
}

const startStep = (id: WorkspaceId, backend: Backend, say: Say) => (step: Parameters<typeof startWithPorts>[2]) => {
  say("Starting")
  return startWithPorts(id, backend, step, say)
}
