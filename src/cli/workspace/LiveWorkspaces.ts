/** What workspaces stand on, put together. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { dockerBackend, dockerBackendNamed } from "../../adapters/docker/DockerBackend.ts"
import * as GitSourcesLive from "../../adapters/git/templates/GitSourcesLive.ts"
import * as GitWorktrees from "../../adapters/git/GitWorktrees.ts"
import * as ProcessBackend from "../../adapters/process/ProcessBackend.ts"
import * as Ssh2 from "../../adapters/ssh/Ssh2.ts"
import * as SyncPartsLive from "../../adapters/sync/SyncPartsLive.ts"
import * as StoredTrees from "../../adapters/trees/StoredTrees.ts"
import { Backends } from "../../app/ports/Backend.ts"
import type { GitSources } from "../../app/ports/GitSources.ts"
import type { Ssh } from "../../app/ports/Ssh.ts"
import type { SyncParts } from "../../app/ports/SyncParts.ts"
import type { TreeStore } from "../../app/ports/TreeStore.ts"
import type { Worktrees } from "../../app/ports/Worktrees.ts"
import { EventLog } from "../../events/EventLog.ts"
import type { Home } from "../../events/Home.ts"

export type Workspaces = Backends | GitSources | Ssh | SyncParts | TreeStore | Worktrees

export const layer = (home: Home): Layer.Layer<Workspaces, never, EventLog> =>
  Layer.mergeAll(
    Layer.effect(
      Backends,
      Effect.map(EventLog, ({ device }) => ({
        all: [dockerBackend(device), ProcessBackend.make(home.workspaces)],
        named: (name) => dockerBackendNamed(device, name)
      }))
    ),
    GitWorktrees.layer,
    GitSourcesLive.layer,
    connections(home),
    StoredTrees.layer(home.trees)
  )

/** What reaches into a workspace that runs, without the log. */
export const connections = (home: Home): Layer.Layer<Ssh | SyncParts> =>
  Layer.mergeAll(Ssh2.layer(home.path), SyncPartsLive.layer)
