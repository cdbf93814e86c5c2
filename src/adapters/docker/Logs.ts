/** What a workspace's own programs printed: its SSH server, and commands that nobody waited for. */
import type Docker from "dockerode"
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
  found: Found,
  options: { readonly follow: boolean; readonly tail: number | undefined },
  to: { readonly stdout: Writable; readonly stderr: Writable }
): Effect.Effect<void, BackendFailure> =>
  Effect.acquireUseRelease(
    engine.call("read the logs", limits.ask, (docker, abortSignal) => {
      const container = docker.getContainer(found.id)
      const asked = { stdout: true, stderr: true, ...(options.tail === undefined ? {} : { tail: options.tail }) }
      return options.follow
        ? (container.logs({ ...asked, follow: true } as Docker.ContainerLogsOptions & {
            follow: true
          }) as Promise<unknown>)
        : (container.logs({ ...asked, follow: false, abortSignal } as Docker.ContainerLogsOptions & {
            follow: false
          }) as Promise<unknown>)
    }),
    (given) =>
      Effect.tryPromise({
        try: () => split(Buffer.isBuffer(given) ? once(given) : (given as Readable), to),
        catch: (cause) => failureOf("read the logs", cause)
      }),
    (given) => Effect.sync(() => (Buffer.isBuffer(given) ? undefined : (given as Readable).destroy()))
  )

async function* once(chunk: Buffer) {
  yield chunk
}
