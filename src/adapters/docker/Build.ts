/** An image from a Dockerfile of the worktree, by the engine itself. */
import { lstat, realpath } from "node:fs/promises"
import { isAbsolute, join, relative, sep } from "node:path"
import * as Effect from "effect/Effect"
import type { BackendFailure, Order } from "../../app/ports/Backend.ts"
import { type Engine, limits } from "./Engine.ts"
import { failed } from "./EngineFailure.ts"
import { labels, nameOf } from "./Labels.ts"
import { followed } from "./Progress.ts"

/**
 * `path`: of the Dockerfile, relative to the top of the worktree, which is the context (its .dockerignore counts; symbolic links
 * are sent as they are, so nothing outside of it is read). The network is needed only for what the Dockerfile asks for.
 */
export const build = (
  engine: Engine,
  log: string,
  order: Order,
  path: string,
  say: (words: string) => void
): Effect.Effect<string, BackendFailure> =>
  Effect.gen(function* () {
    const dockerfile = yield* Effect.tryPromise({
      try: () => inside(order.folder, path),
      catch: () => failed("build the image", "refused", `There is no Dockerfile ${path} in the worktree.`)
    })
    const tag = `${nameOf(order.workspace)}:${order.step}`
    const id = yield* engine
      .call("build the image", limits.image, async (docker, abortSignal) =>
        followed(
          await docker.buildImage({ context: order.folder, src: ["."] }, {
            t: tag,
            dockerfile,
            labels: JSON.stringify({ [labels.log]: log, [labels.workspace]: order.workspace }),
            forcerm: true,
            abortSignal
          } as {}),
          say
        )
      )
      .pipe(
        Effect.catchTag("BackendFailed", (failure) =>
          Effect.fail(
            /lookup |dial tcp|no such host|timeout|network is unreachable/i.test(failure.detail)
              ? failed(
                  "build the image",
                  "image-missing",
                  `${path} needs something from the network: ${failure.detail}`,
                  {
                    advice: "Fetch what its FROM lines name while there is a network: docker pull."
                  }
                )
              : failure
          )
        )
      )
    return id ?? tag
  })

/** The path as the engine is to have it; throws when it leaves the folder or there is no such file. */
const inside = async (folder: string, path: string): Promise<string> => {
  const top = await realpath(folder)
  const file = await realpath(join(top, path))
  const found = relative(top, file)
  if (found.startsWith(`..${sep}`) || isAbsolute(found) || !(await lstat(file)).isFile()) throw new Error("outside")
  return found
}
