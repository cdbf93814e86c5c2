/** What workspaces stand on, put together. */
import * as Layer from "effect/Layer"
import * as GitWorktrees from "../../adapters/git/GitWorktrees.ts"
import * as ProcessBackend from "../../adapters/process/ProcessBackend.ts"
import * as StoredTrees from "../../adapters/trees/StoredTrees.ts"
import { Backends } from "../../app/ports/Backend.ts"
import type { TreeStore } from "../../app/ports/TreeStore.ts"
import type { Worktrees } from "../../app/ports/Worktrees.ts"
import type { Home } from "../../events/Home.ts"

export type Workspaces = Backends | TreeStore | Worktrees

export const layer = (home: Home): Layer.Layer<Workspaces> =>
  Layer.mergeAll(
    Layer.sync(Backends, () => ({ all: [ProcessBackend.make(home.workspaces)] })),
    GitWorktrees.layer,
    StoredTrees.layer(home.trees)
  )
