/** The image that a workspace is made from: what is on this machine first, the network only when it is not. */
import type Docker from "dockerode"
import * as Effect from "effect/Effect"
import type { BackendFailure, Order } from "../../app/ports/Backend.ts"
import { baseImage, baseMissing } from "./BaseImage.ts"
import { build } from "./Build.ts"
import { asking, type Engine, limits } from "./Engine.ts"
import { failed } from "./EngineFailure.ts"
import { followed } from "./Progress.ts"

type Say = (words: string) => void

/** Its digest on this machine. */
export const imageOf = (engine: Engine, log: string, order: Order, say: Say): Effect.Effect<string, BackendFailure> => {
  const { image } = order.spec
  if (image.kind === "base") {
    return Effect.flatMap(local(engine, baseImage), (id) =>
      id === undefined ? Effect.fail(baseMissing()) : Effect.succeed(id)
    )
  }
  if (image.kind === "named") return imageNamed(engine, image.name, say)
  return build(engine, log, order, image, say)
}

export const imageNamed = (engine: Engine, name: string, say: Say): Effect.Effect<string, BackendFailure> =>
  Effect.flatMap(local(engine, name), (id) => (id === undefined ? pulled(engine, name, say) : Effect.succeed(id)))

/** Undefined when it is not on this machine. */
export const local = (engine: Engine, name: string): Effect.Effect<string | undefined, BackendFailure> =>
  engine
    .call("find the image", limits.ask, (docker, abortSignal) =>
      docker.getImage(name).inspect(asking({ manifests: false }, abortSignal))
    )
    .pipe(
      Effect.map(({ Id }: Docker.ImageInspectInfo): string | undefined => Id),
      Effect.catchTag("BackendFailed", (failure) =>
        failure.kind === "image-missing" || failure.kind === "gone" ? Effect.succeed(undefined) : Effect.fail(failure)
      )
    )

const pulled = (engine: Engine, name: string, say: Say): Effect.Effect<string, BackendFailure> => {
  const missing = (detail: string) =>
    failed("find the image", "image-missing", `${name} is not on this machine, and can't be fetched: ${detail}`, {
      advice: `With a network: docker pull ${name}. Without: docker load, from a file of docker save on another machine.`
    })
  // Without a tag the engine would fetch all of them.
  const [last = ""] = name.split("/").slice(-1)
  const reference = /[:@]/.test(last) ? name : `${name}:latest`
  return engine
    .call(`fetch ${name}`, limits.image, async (docker, abortSignal) =>
      followed(await docker.pull(reference, asking({}, abortSignal)), say)
    )
    .pipe(
      Effect.catchTag("BackendFailed", (failure) =>
        Effect.fail(failure.kind === "no-space" ? failure : missing(failure.detail))
      ),
      Effect.zipRight(local(engine, name)),
      Effect.flatMap((id) => (id === undefined ? Effect.fail(missing("it was not there")) : Effect.succeed(id)))
    )
}
