/** An image from a Dockerfile of the worktree, by the engine itself. */
import * as Effect from "effect/Effect"
import type { BackendFailure, Order } from "../../app/ports/Backend.ts"
import type { Image } from "../../domain/workspace/Spec.ts"
import { contextOf, OutsideWorktree } from "./BuildContext.ts"
import { type Engine, limits } from "./Engine.ts"
import { failed } from "./EngineFailure.ts"
import { labels, nameOf } from "./Labels.ts"
import { followed } from "./Progress.ts"

type Dockerfile = Extract<Image, { readonly kind: "dockerfile" }>

/** Answers the image's id. The network is needed only for what the Dockerfile asks for. */
export const build = (
  engine: Engine,
  log: string,
  order: Order,
  image: Dockerfile,
  say: (words: string) => void
): Effect.Effect<string, BackendFailure> =>
  Effect.gen(function* () {
    const { path, context = ".", target, arguments: given } = image
    const { archive, dockerfile } = yield* Effect.tryPromise({
      try: () => contextOf(image.of === "template" ? (order.template ?? "") : order.folder, path, context),
      catch: (cause) =>
        cause instanceof OutsideWorktree
          ? refused(cause.message, image)
          : failed("build the image", "failed", String(cause))
    })
    const tag = `${nameOf(order.workspace)}:${order.step}`
    const id = yield* engine
      .call("build the image", limits.image, async (docker, abortSignal) =>
        followed(
          await docker.buildImage(archive, {
            t: tag,
            dockerfile,
            labels: JSON.stringify({ [labels.log]: log, [labels.workspace]: order.workspace }),
            ...(target === undefined ? {} : { target }),
            ...(given === undefined ? {} : { buildargs: JSON.stringify(given) }),
            forcerm: true,
            abortSignal
          } as {}),
          say
        )
      )
      .pipe(
        Effect.catchTag("BackendFailed", (failure) => Effect.fail(explained(failure.detail, path) ?? failure)),
        Effect.ensuring(Effect.sync(() => archive.destroy()))
      )
    return id ?? tag
  })

const refused = (what: string, { path, of }: Pick<Dockerfile, "path" | "of">) => {
  const where = of === "template" ? "template" : "worktree"
  return failed(
    "build the image",
    "refused",
    what === path
      ? `There is no Dockerfile ${path} in the ${where}.`
      : `There is no folder ${what} in the ${where} to build from.`,
    {
      advice:
        of === "template"
          ? "Its copy in NEXUS_HOME/templates may be gone; it is made again by: nexus workspace template show SOURCE"
          : "Paths are relative to its top, and links may not lead out of it; commit what is to be there."
    }
  )
}

const explained = (detail: string, path: string) => {
  if (/lookup |dial tcp|no such host|timeout|network is unreachable/i.test(detail))
    return failed("build the image", "image-missing", `${path} needs something from the network: ${detail}`, {
      advice: "Fetch what its FROM lines name while there is a network: docker pull."
    })
  return /BuildKit/.test(detail)
    ? failed("build the image", "unsupported", `${path} is written for BuildKit: ${detail}`, {
        advice: "Build it yourself (docker buildx build --load --tag NAME …) and name it: --image NAME."
      })
    : undefined
}
