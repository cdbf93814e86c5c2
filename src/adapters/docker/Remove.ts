/** Removing what was made for a workspace, in the order in which the engine lets it go; what is gone is gone. */
import type Docker from "dockerode"
import * as Effect from "effect/Effect"
import type { BackendFailure } from "../../app/ports/Backend.ts"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { asking, type Engine, limits } from "./Engine.ts"
import { isGone } from "./EngineFailure.ts"
import { beside, stopBeside } from "./compose/Companions.ts"
import { containerOf, helpersOf, labels, ofWorkspace } from "./Labels.ts"
import { removeNetwork } from "./Networks.ts"

/** How long services beside it have to end by themselves, in milliseconds. */
const grace = 10_000

/** With the volumes that have no name, which are its alone. */
export const removeContainer = (engine: Engine, id: string): Effect.Effect<void, BackendFailure> =>
  engine
    .call("remove the container", limits.change, (docker, abortSignal) =>
      docker.getContainer(id).remove(asking({ force: true, v: true }, abortSignal))
    )
    .pipe(
      Effect.asVoid,
      Effect.catchIf(isGone, () => Effect.void)
    )

const removeAll = (engine: Engine, filters: { readonly label: Array<string> }): Effect.Effect<void, BackendFailure> =>
  Effect.gen(function* () {
    const containers = yield* engine.call("find the workspace", limits.ask, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters, abortSignal })
    )
    yield* Effect.forEach(containers, ({ Id }) => removeContainer(engine, Id), { discard: true })
  })

/** Those of exchanges that were cut short. */
export const removeHelpers = (engine: Engine, log: string, workspace: WorkspaceId) =>
  removeAll(engine, helpersOf(log, workspace))

export const remove = (
  engine: Engine,
  log: string,
  workspace: WorkspaceId,
  options: { readonly volumes: boolean }
): Effect.Effect<void, BackendFailure> =>
  Effect.gen(function* () {
    const filters = ofWorkspace(log, workspace)
    if (!options.volumes) yield* stopBeside(engine, log, workspace, grace)
    // What services keep in themselves is like a volume.
    const own = options.volumes ? filters : containerOf(log, workspace)
    yield* removeAll(engine, own)
    yield* removeHelpers(engine, log, workspace)
    if ((yield* beside(engine, log, workspace)).length === 0) yield* removeNetwork(engine, log, workspace)
    if (options.volumes) {
      const { Volumes } = yield* engine.call("find its volumes", limits.ask, (docker, abortSignal) =>
        docker.listVolumes({ filters, abortSignal })
      )
      yield* Effect.forEach(
        Volumes ?? [],
        ({ Name }) =>
          removing(engine, "remove a volume", (docker, abortSignal) => docker.getVolume(Name).remove({ abortSignal })),
        { discard: true }
      )
    }
    // What was built from a Dockerfile is this workspace's alone.
    const images = yield* engine.call("find its images", limits.ask, (docker, abortSignal) =>
      docker.listImages({ filters: filters as never, abortSignal })
    )
    yield* Effect.forEach(
      images.filter(({ Labels }) => options.volumes || Labels?.[labels.companion] === undefined),
      ({ Id }) =>
        removing(engine, "remove an image", (docker, abortSignal) =>
          docker.getImage(Id).remove(asking({ force: true }, abortSignal))
        ),
      { discard: true }
    )
  })

const removing = (
  engine: Engine,
  operation: string,
  action: (docker: Docker, signal: AbortSignal) => Promise<unknown>
) =>
  engine.call(operation, limits.change, action).pipe(
    Effect.asVoid,
    Effect.catchIf(isGone, () => Effect.void)
  )
