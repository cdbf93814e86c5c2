/** Something done while a workspace's programs stand still. */
import * as Effect from "effect/Effect"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import type { Backend } from "../ports/Backend.ts"

/** Also says for how many milliseconds they did. What can't go on afterwards is found as drift: what was done is good all the same. */
export const whileHeld = <A, E, R>(backend: Backend, id: WorkspaceId, body: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const instance = yield* backend.inspect(id)
    if (instance?.state !== "running") return [0, yield* body] as const
    const began = Date.now()
    const result = yield* Effect.acquireUseRelease(
      backend.pause(id),
      () => body,
      () => Effect.ignore(backend.resume(id))
    )
    return [Date.now() - began, result] as const
  })
