/** The containers of a workspace's compose services, found by their labels, and what becomes of them with the workspace. */
import type Docker from "dockerode"
import * as Effect from "effect/Effect"
import type { BackendFailure, Companion } from "../../../app/ports/Backend.ts"
import type { WorkspaceId } from "../../../domain/workspace/Ids.ts"
import { stateOf } from "../Containers.ts"
import { type Engine, limits } from "../Engine.ts"
import { failed, isGone } from "../EngineFailure.ts"
import { companionsOf, labels } from "../Labels.ts"
import { listening } from "../Listening.ts"

export interface Beside extends Companion {
  readonly id: string
  readonly info: Docker.ContainerInspectInfo
}

export const beside = (
  engine: Engine,
  log: string,
  workspace: WorkspaceId
): Effect.Effect<ReadonlyArray<Beside>, BackendFailure> =>
  engine
    .call("find its services", limits.ask, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters: companionsOf(log, workspace), abortSignal })
    )
    .pipe(
      Effect.flatMap((all) => Effect.forEach(all, ({ Id }) => inspected(engine, Id), { concurrency: 8 })),
      Effect.map((all) => all.flatMap((one) => one ?? []).sort((a, b) => a.name.localeCompare(b.name)))
    )

/** With what listens in each. */
export const companions = (
  engine: Engine,
  log: string,
  workspace: WorkspaceId
): Effect.Effect<ReadonlyArray<Companion>, BackendFailure> =>
  Effect.flatMap(beside(engine, log, workspace), (all) =>
    Effect.forEach(
      all,
      (one) =>
        Effect.map(Effect.option(listening(engine, one)), (heard): Companion => {
          const { name, handle, state, health, exit } = one
          return {
            name,
            handle,
            state,
            ...(health === undefined ? {} : { health }),
            ...(exit === undefined ? {} : { exit }),
            ...(heard._tag === "Some" && heard.value !== undefined ? { listening: heard.value } : {})
          }
        }),
      { concurrency: 8 }
    )
  )

/** Fails with "gone" for one that there is not. */
export const companion = (
  engine: Engine,
  log: string,
  workspace: WorkspaceId,
  name: string
): Effect.Effect<Beside, BackendFailure> =>
  Effect.flatMap(beside(engine, log, workspace), (all) => {
    const found = all.find((one) => one.name === name)
    const names = [...new Set(all.map((one) => one.name))].join(", ")
    return found === undefined
      ? Effect.fail(
          failed("find the service", "gone", `There is no service ${name} beside it.`, {
            advice: names === "" ? "It has none." : `There are: ${names}.`
          })
        )
      : Effect.succeed(found)
  })

/** Politely, then by force after `grace` milliseconds; all at once. */
export const stopBeside = (engine: Engine, log: string, workspace: WorkspaceId, grace: number) =>
  each(
    engine,
    log,
    workspace,
    ["running", "paused"],
    (one, docker, abortSignal) =>
      unpaused(one, docker).then(() =>
        docker.getContainer(one.id).stop({ t: Math.ceil(grace / 1000), abortSignal } as Docker.ContainerStopOptions)
      ),
    grace
  )

export const pauseBeside = (engine: Engine, log: string, workspace: WorkspaceId) =>
  each(engine, log, workspace, ["running"], (one, docker, abortSignal) =>
    docker.getContainer(one.id).pause({ abortSignal })
  )

export const resumeBeside = (engine: Engine, log: string, workspace: WorkspaceId) =>
  each(engine, log, workspace, ["paused"], unpaused)

const unpaused = async (one: Beside, docker: Docker): Promise<unknown> =>
  one.state === "paused" ? docker.getContainer(one.id).unpause() : undefined

const each = (
  engine: Engine,
  log: string,
  workspace: WorkspaceId,
  states: ReadonlyArray<Companion["state"]>,
  action: (one: Beside, docker: Docker, signal: AbortSignal) => Promise<unknown>,
  more = 0
): Effect.Effect<void, BackendFailure> =>
  Effect.flatMap(beside(engine, log, workspace), (all) =>
    Effect.forEach(
      all.filter(({ state }) => states.includes(state)),
      (one) =>
        engine
          .call(`change the service ${one.name}`, limits.change + more, (docker, signal) => action(one, docker, signal))
          .pipe(Effect.catchIf(isGone, () => Effect.void)),
      { discard: true, concurrency: 8 }
    )
  )

const inspected = (engine: Engine, id: string): Effect.Effect<Beside | undefined, BackendFailure> =>
  engine
    .call("inspect a service", limits.ask, (docker, abortSignal) =>
      docker.getContainer(id).inspect({ abortSignal } as Docker.ContainerInspectOptions)
    )
    .pipe(
      Effect.map((info): Beside => {
        const { Health, ExitCode } = info.State
        const state = stateOf(info.State)
        const health = (["starting", "healthy", "unhealthy"] as const).find((one) => one === Health?.Status)
        return {
          id: info.Id,
          name: info.Config.Labels[labels.companion] ?? "",
          handle: info.Name.replace(/^\//, ""),
          state,
          ...(health === undefined ? {} : { health }),
          ...(state === "stopped" ? { exit: ExitCode } : {}),
          info
        }
      }),
      // It went between two questions.
      Effect.catchIf(isGone, () => Effect.succeed(undefined))
    )
