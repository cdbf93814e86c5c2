/** What a container printed; a workspace's own: its SSH server, and commands that nobody waited for. */
import * as Effect from "effect/Effect"
import type { Readable, Writable } from "node:stream"
import type { BackendFailure } from "../../app/ports/Backend.ts"
import type { Found } from "./Containers.ts"
import { type Engine, limits } from "./Engine.ts"
import { failureOf } from "./EngineFailure.ts"
import { split } from "./Frames.ts"

/** Ends at what is there now, or follows until the workspace stops; interrupting ends it. */
export const logs = (
  engine: Engine,
  found: Pick<Found, "id" | "info">,
  options: { readonly follow: boolean; readonly tail: number | undefined },
  to: { readonly stdout: Writable; readonly stderr: Writable }
): Effect.Effect<void, BackendFailure> =>
  Effect.acquireUseRelease(
    engine.call<Buffer | NodeJS.ReadableStream>("read the logs", limits.ask, (docker, abortSignal) => {
      const container = docker.getContainer(found.id)
      const asked = { stdout: true, stderr: true, ...(options.tail === undefined ? {} : { tail: options.tail }) }
      return options.follow
        ? container.logs({ ...asked, follow: true })
        : container.logs({ ...asked, follow: false, abortSignal })
    }),
    (given) =>
      Effect.tryPromise({
        try: () => {
          const said = Buffer.isBuffer(given) ? once(given) : streamOf(given)
          // One that has a terminal has one output, without frames.
          return found.info.Config.Tty ? plain(said, to.stdout) : split(said, to)
        },
        catch: (cause) => failureOf("read the logs", cause)
      }),
    (given) => Effect.sync(() => (Buffer.isBuffer(given) ? undefined : streamOf(given).destroy()))
  )

/** The library's declarations are older than Node's. */
const streamOf = (given: NodeJS.ReadableStream) => given as Readable

const plain = async (said: AsyncIterable<Buffer>, to: Writable) => {
  for await (const chunk of said) to.write(chunk)
}

async function* once(chunk: Buffer) {
  yield chunk
}
