/** Ports of this machine that lead into a workspace: what is reserved, what listens inside, one more, one less. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { allocate, type Port, ssh } from "../../domain/workspace/Ports.ts"
import type { Protocol, Service } from "../../domain/workspace/Spec.ts"
import { type Workspace, WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import { NotFound } from "../Find.ts"
import { nearest } from "../nearest.ts"
import type { Backend, Listener } from "../ports/Backend.ts"
import { companionsOf } from "./Companions.ts"
import { backendNamed, find } from "./Find.ts"
import { busyPorts } from "./FreePorts.ts"
import { makeAgain } from "./MakeAgain.ts"
import { operate, type Plan, record } from "./Operate.ts"
import { afterRestart } from "./hooks/AroundLife.ts"
import { orderFor } from "./Order.ts"
import { exhausted, type Say, startWithPorts } from "./StartWithPorts.ts"

/** How long programs have to end by themselves, in milliseconds. */
const grace = 10_000

/** Whether something answers behind a port; "local": something listens, but only for what runs in there. */
export type Heard = "yes" | "no" | "local"

export interface ShownPort extends Port {
  readonly host: string
  /** Undefined when it can't be told. */
  readonly heard: Heard | undefined
}

/**
 * Each reserved port, and whether something listens behind it; what listens inside and has none; the services beside it. What can't be
 * told has a reason in `why`. Reserved ports need no engine.
 */
export const listPorts = (name: string) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    const backend = yield* backendNamed(workspace.spec.backend)
    const beside = yield* companionsOf(workspace)
    const found: Either.Either<ReadonlyArray<Listener>, { readonly message: string }> = workspace.status === "running"
      ? yield* Effect.either(backend.listening(workspace.id))
      : Either.left({ message: `it is ${workspace.status}` })
    const own = Either.getOrUndefined(found)
    const of = (companion: string | undefined) =>
      companion === undefined ? own : beside.companions.find((one) => one.name === companion)?.listening
    return {
      workspace,
      ports: workspace.ports.map((port): ShownPort => ({ ...port, heard: heardIn(of(port.companion), port, backend) })),
      others: (own ?? []).filter((one) => !hasPort(workspace, one, backend)),
      companions: beside.companions,
      why: Either.isLeft(found) ? found.left.message : beside.why
    }
  })

const heardIn = (
  listeners: ReadonlyArray<Listener> | undefined,
  port: Port,
  backend: Pick<Backend, "isolates">
): Heard | undefined => {
  if (listeners === undefined) return undefined
  const listener = listeners.find((one) => isBehind(one, port, backend))
  if (listener === undefined) return "no"
  return listener.isLocal === true && backend.isolates ? "local" : "yes"
}

/** Where programs have no network of their own, they listen on this machine's ports themselves. */
const isBehind = (listener: Listener, { port, hostPort, protocol }: Port, { isolates }: Pick<Backend, "isolates">) =>
  listener.port === (isolates ? port : hostPort) && listener.protocol === protocol

const hasPort = ({ ports }: Workspace, listener: Listener, backend: Pick<Backend, "isolates">): boolean =>
  ports.some((one) => one.companion === undefined && isBehind(listener, one, backend))

/** What listens inside, can be reached from outside, and has no port; by names that are free. Fails when that can't be told. */
export const discover = (name: string) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    const backend = yield* backendNamed(workspace.spec.backend)
    if (workspace.status !== "running")
      return yield* new WorkspaceRefused({
        reason: `${workspace.name} is ${workspace.status}: nothing listens in it.`,
        hint: `Start it: nexus workspace start ${workspace.name}`
      })
    const others = (yield* backend.listening(workspace.id)).filter((one) => !hasPort(workspace, one, backend))
    return others
      .filter(({ isLocal }) => isLocal !== true)
      .map(({ port, protocol }): Service => ({ name: portName(port, protocol), port, protocol }))
  })

const portName = (port: number, protocol: Protocol): string => `port-${port}${protocol === "udp" ? "-udp" : ""}`

/**
 * Reserves ports of this machine, and has each lead to its service; the environment is made again once for all of them. Fails with
 * WorkspaceRefused for a name that is taken.
 */
export const addPorts = (name: string, services: ReadonlyArray<Service>, say: Say) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    const backend = yield* backendNamed(workspace.spec.backend)
    yield* backend.present
    const busy = yield* busyPorts(services)
    let failedToo: WorkspaceId | undefined
    const isOurs = ({ service }: Port) => services.some((one) => one.name === service)
    const after = yield* operate(
      workspace.id,
      madeAgain(workspace, backend, say, (state, transaction) => {
        refuseUnless(state)
        for (const { name: service } of services) {
          const other = state.ports.find((one) => one.service === service)
          if (other !== undefined || service === ssh.name)
            throw new WorkspaceRefused({
              reason: `${state.name} has a service ${service} already${other === undefined ? "" : `: port ${other.hostPort} leads to ${other.port}/${other.protocol}`}.`,
              hint: `Choose another name, or release it first: nexus workspace port remove ${state.name} ${service}`
            })
        }
        const reserved = allocate(new Set([...Rows.reserved(transaction.database), ...busy]), services)
        if (reserved === undefined) throw exhausted
        failedToo = state.id
        return reserved.map((port) => ({
          type: "WorkspacePortReserved" as const,
          payload: { workspace: state.id, host: "127.0.0.1", ...port }
        }))
      })
    ).pipe(
      // What did not come to be leads nowhere.
      Effect.tapErrorCause(() =>
        failedToo === undefined
          ? Effect.void
          : Effect.ignore(
              record(failedToo, (state) =>
                state.ports.filter(isOurs).map(({ service }) => ({
                  type: "WorkspacePortReleased" as const,
                  payload: { workspace: state.id, service }
                }))
              )
            )
      )
    )
    yield* ifRestarted(workspace, after, backend, say)
    return { workspace: after, ports: after.ports.filter(isOurs) }
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
    yield* backend.present
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
  { id, status, spec }: Workspace,
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
              say(
                `Stopping its programs${spec.compose === undefined ? "" : ", and the services beside it: they start again with it"}`
              )
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
