/** What the settings say of new workspaces: the user's and the project's, which are read from the main checkout. */
import { dirname, resolve } from "node:path"
import * as Effect from "effect/Effect"
import type { Variable } from "../../../domain/workspace/Spec.ts"
import { layersOf } from "../../config/Layers.ts"
import { Nexus } from "../../Nexus.ts"
import { Worktrees } from "../../ports/Worktrees.ts"
import { checkoutHere } from "../../ProjectOf.ts"
import type { SpecLayer } from "./SpecLayers.ts"

/** An agent in one workspace so decides nothing about another. Fails with ConfigUnreadable. */
export const settingsLayers = Effect.gen(function* () {
  const { home } = yield* Nexus
  const repository = yield* (yield* Worktrees).repositoryOf((yield* checkoutHere).path)
  const { workspace } = yield* layersOf({ userFile: home.config, checkout: repository, environment: process.env })
  return {
    user: located(workspace.user.layer, dirname(home.config)),
    project: located(workspace.project.layer, repository)
  }
})

/** Files that are named relative to a folder, wherever they are read later. */
const located = (layer: SpecLayer, folder: string): SpecLayer => ({
  ...layer,
  ...(layer.variables === undefined
    ? {}
    : {
        variables: Object.fromEntries(
          Object.entries(layer.variables).map(([name, variable]): readonly [string, Variable] => [
            name,
            "fromFile" in variable ? { fromFile: resolve(folder, variable.fromFile) } : variable
          ])
        )
      })
})
