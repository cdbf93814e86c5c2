/** An environment made anew, since its ports or limits are part of how it was made; what was changed inside comes along. */
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { StepId } from "../../domain/workspace/Ids.ts"
import type { Workspace } from "../../domain/workspace/Workspace.ts"
import { Nexus } from "../Nexus.ts"
import type { Backend } from "../ports/Backend.ts"
import { folderOf, orderFor } from "./Order.ts"
import type { Say } from "./StartWithPorts.ts"

export const makeAgain = (workspace: Workspace, backend: Backend, step: StepId, say: Say) =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const aside = join(folderOf(home.workspaces, workspace), "again")
    return yield* Effect.gen(function* () {
      mkdirSync(aside, { recursive: true, mode: 0o700 })
      const known = yield* backend.inspect(workspace.id)
      const kept = known === undefined ? undefined : yield* backend.keepEnvironment(workspace.id, aside)
      const order = yield* orderFor(workspace, backend, step, kept)
      yield* backend.remove(workspace.id, { volumes: false })
      return yield* backend.create(order, say)
    }).pipe(Effect.ensuring(Effect.sync(() => rmSync(aside, { recursive: true, force: true }))))
  })
