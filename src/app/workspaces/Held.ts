/** Something done while a workspace's programs stand still. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { Nexus } from "../Nexus.ts"
import type { Backend } from "../ports/Backend.ts"
import { folderOf } from "./Order.ts"

/**
 * Also says for how many milliseconds they did. That they are held by us is noted beside the workspace: what can't go on afterwards, since
 * the backend went away, or this process, is found by that as drift. What was done is good all the same.
 */
export const whileHeld = <A, E, R>(backend: Backend, id: WorkspaceId, body: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const instance = yield* backend.inspect(id)
    if (instance?.state !== "running") return [0, yield* body] as const
    const { home } = yield* Nexus
    const note = noteOf(home.workspaces, id)
    const began = Date.now()
    const result = yield* Effect.acquireUseRelease(
      Effect.zipRight(
        Effect.sync(() => {
          mkdirSync(dirname(note), { recursive: true, mode: 0o700 })
          writeFileSync(note, "", { mode: 0o600 })
        }),
        backend.pause(id)
      ),
      () => body,
      () => Effect.ignore(letGo(home.workspaces, backend, id))
    )
    return [Date.now() - began, result] as const
  })

/** Whether it was held for something, and not let go. */
export const isHeldStill = (workspaces: string, id: WorkspaceId): boolean => existsSync(noteOf(workspaces, id))

/** Lets its programs go on. */
export const letGo = (workspaces: string, backend: Backend, id: WorkspaceId) =>
  Effect.zipRight(
    backend.resume(id),
    Effect.sync(() => rmSync(noteOf(workspaces, id), { force: true }))
  )

const noteOf = (workspaces: string, id: WorkspaceId): string => join(folderOf(workspaces, { id }), "held")
