/** Removing what was made for a workspace, in the order in which the engine lets it go; what is gone is gone. */
import type Docker from "dockerode"
import * as Effect from "effect/Effect"
import type { BackendFailure } from "../../app/ports/Backend.ts"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { type Engine, limits } from "./Engine.ts"
import { isGone } from "./EngineFailure.ts"
import { ofWorkspace } from "./Labels.ts"
import { removeNetwork } from "./Networks.ts"

/** With the volumes that have no name, which are its alone. */
export const removeContainer = (engine: Engine, id: string): Effect.Effect<void, BackendFailure> =>
  engine
    .call("remove the container", limits.change, (docker, abortSignal) =>
      docker.getContainer(id).remove({ force: true, v: true, abortSignal } as Docker.ContainerRemoveOptions)
    )
    .pipe(
      Effect.asVoid,
      Effect.catchIf(isGone, () => Effect.void)
    )

export const remove = (
  engine: Engine,
  log: string,
  workspace: WorkspaceId,
  options: { readonly volumes: boolean }
): Effect.Effect<void, BackendFailure> =>
  Effect.gen(function* () {
    const filters = ofWorkspace(log, workspace)
    const containers = yield* engine.call("find the workspace", limits.ask, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters, abortSignal })
    )
    yield* Effect.forEach(containers, ({ Id }) => removeContainer(engine, Id), { discard: true })
    yield* removeNetwork(engine, log, workspace)
    if (options.volumes) {
      const { Volumes } = yield* engine.call("find its volumes", limits.ask, (docker, abortSignal) =>
        docker.listVolumes({ filters, abortSignal } as {})
      )
      yield* Effect.forEach(
        Volumes ?? [],
        ({ Name }) => removing(engine, "remove a volume", (docker) => docker.getVolume(Name).remove()),
        { discard: true }
      )
    }
    // What was built from a Dockerfile is this workspace's alone; its layers stay in the engine's cache.
    const images = yield* engine.call("find its images", limits.ask, (docker, abortSignal) =>
      docker.listImages({ filters: filters as never, abortSignal })
    )
    yield* Effect.forEach(
      images,
      ({ Id }) =>
        removing(engine, "remove an image", (docker) =>
          docker.getImage(Id).remove({ force: true, noprune: true } as {})
        ),
      { discard: true }
    )
  })

const removing = (engine: Engine, operation: string, action: (docker: Docker) => Promise<unknown>) =>
  engine.call(operation, limits.change, action).pipe(
    Effect.asVoid,
    Effect.catchIf(isGone, () => Effect.void)
  )
