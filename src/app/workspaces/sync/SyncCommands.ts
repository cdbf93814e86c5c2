/** What people can do with a workspace's file sync. */
import * as Effect from "effect/Effect"
import { type Workspace, WorkspaceRefused } from "../../../domain/workspace/Workspace.ts"
import { Nexus } from "../../Nexus.ts"
import { SyncParts } from "../../ports/SyncParts.ts"
import * as Sync from "../../sync/Sync.ts"
import { backendNamed, find } from "../Find.ts"
import type { Say } from "../StartWithPorts.ts"
import { running } from "../Execute.ts"
import { bringTogether, isApart } from "./Bring.ts"
import { filesApart } from "./FilesApart.ts"
import { noteSync } from "./Noted.ts"
import { memoryFile, type PairName } from "./Pairs.ts"
import { endsOf, openSessions } from "./Sessions.ts"
import { isWatched } from "./StartWatcher.ts"

const names: ReadonlyArray<PairName> = ["git", "files", "spool"]

const synced = (name: string) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    return isApart(workspace) ? workspace : yield* notSynced(workspace)
  })

const notSynced = ({ name }: Workspace) =>
  new WorkspaceRefused({
    reason: `The files of ${name} are one and the same folder inside and outside: there is nothing to sync.`,
    hint: "One with files of its own: nexus workspace create NAME --sync"
  })

const memoriesOf = (workspace: Workspace) =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const parts = yield* SyncParts
    return yield* Effect.forEach(names, (name) =>
      Effect.map(parts.memory(memoryFile(home.workspaces, workspace, name)), (memory) => ({ name, memory }))
    )
  })

/** Of files and git: at what the sync is, what it found, and what is not the same. Works while another process syncs. */
export const status = (name: string) =>
  Effect.gen(function* () {
    const workspace = yield* synced(name)
    const { home } = yield* Nexus
    const states = yield* Effect.scoped(
      Effect.flatMap(memoriesOf(workspace), (all) =>
        Effect.forEach(all, ({ name: pair, memory }) => Effect.map(Sync.status(memory), (state) => ({ pair, state })))
      )
    ).pipe(Effect.mapError(filesApart(workspace.name)))
    return { workspace, states, isWatched: isWatched(home.workspaces, workspace) }
  })

/** Versions that are kept beside others. */
export const conflicts = (name: string) =>
  Effect.gen(function* () {
    const workspace = yield* synced(name)
    const { home } = yield* Nexus
    const all = yield* Effect.scoped(
      Effect.flatMap((yield* SyncParts).memory(memoryFile(home.workspaces, workspace, "files")), Sync.conflicts)
    ).pipe(Effect.mapError(filesApart(workspace.name)))
    return { workspace, conflicts: all }
  })

/** Until `resume`. */
export const pause = (name: string) =>
  Effect.gen(function* () {
    const workspace = yield* synced(name)
    yield* Effect.scoped(
      Effect.flatMap(memoriesOf(workspace), (all) => Effect.forEach(all, ({ memory }) => Sync.pause(memory)))
    ).pipe(Effect.mapError(filesApart(workspace.name)))
    yield* noteSync(workspace, { what: "paused" })
    return workspace
  })

/** `adopt`: the folders are the right ones; what is on either side comes to both, and nothing is deleted. Then it has to run. */
export const resume = (name: string, { adopt }: { readonly adopt: boolean }, say: Say) =>
  Effect.gen(function* () {
    const workspace = yield* synced(name)
    const go = adopt
      ? Effect.gen(function* () {
          const runs = yield* running(name, say)
          const { pairs } = yield* openSessions(yield* endsOf(runs, yield* backendNamed(runs.spec.backend)))
          yield* Effect.forEach(pairs, ({ session }) => Sync.resume(session, { adopt }))
        })
      : Effect.flatMap(memoriesOf(workspace), (all) =>
          Effect.forEach(all, ({ memory }) => memory.setState({ isPaused: false }))
        )
    yield* Effect.scoped(go).pipe(Effect.mapError(filesApart(workspace.name)))
    yield* noteSync(workspace, { what: adopt ? "adopted" : "resumed" })
    return workspace
  })

/** Returns when both sides are the same, with what it took. `force`: also where much is gone at once. One that sleeps is started. */
export const flush = (name: string, { force }: { readonly force: boolean }, say: Say) =>
  Effect.gen(function* () {
    yield* synced(name)
    const workspace = yield* running(name, say)
    if (force) yield* noteSync(workspace, { what: "forced" })
    const flushed = yield* bringTogether(workspace, yield* backendNamed(workspace.spec.backend), { force })
    return { workspace, ...flushed }
  })
