/** Removing what a workspace has outside of the log, in the order in which nothing is left that nobody knows of. */
import { rmSync } from "node:fs"
import * as Effect from "effect/Effect"
import type { CheckpointId, WorkspaceId } from "../../domain/workspace/Ids.ts"
import type { Workspace } from "../../domain/workspace/Workspace.ts"
import { Nexus } from "../Nexus.ts"
import { Ssh } from "../ports/Ssh.ts"
import { Worktrees } from "../ports/Worktrees.ts"
import { backendNamed } from "./Find.ts"
import { beforeEnd } from "./hooks/AroundLife.ts"
import { operate, record } from "./Operate.ts"
import { folderOf, siteOf } from "./Order.ts"
import { aliasOf } from "./Reach.ts"
import { type Say, silent } from "./StartWithPorts.ts"

export interface Extent {
  /** It is what a creation that failed had made so far. */
  readonly undo: boolean
  readonly branch: boolean
  readonly volumes: boolean
  /** Holds what would be lost. */
  readonly checkpoint?: CheckpointId
}

/** SSH clients need not know it any more. */
const forget = (workspace: Workspace) =>
  Effect.gen(function* () {
    if (workspace.hostKey === null) return
    yield* (yield* Ssh).forget(yield* aliasOf(workspace))
  })

/** Its hooks are run first where it was whole, and can run. */
export const takeAway = (id: WorkspaceId, extent: Extent, say: Say = silent) =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const worktrees = yield* Worktrees
    const workspace = yield* record(id, () => [])
    const backend = yield* backendNamed(workspace.spec.backend)
    const site = siteOf(home.workspaces, workspace, backend)
    const asked = workspace.deletion ?? { workspace: id, ...extent }
    // Killed while it was being made or removed: what differs in it is that.
    const isHalf = workspace.pending?.kind === "worktree" || workspace.pending?.kind === "remove-worktree"
    const before = yield* Effect.option(worktrees.inspect(site, workspace.commit))
    const commit = before._tag === "Some" ? before.value.branch : null
    return yield* operate(id, {
      operation: "delete",
      first: workspace.deletion === null ? [{ type: "WorkspaceDeletionRequested", payload: asked }] : [],
      steps: [
        {
          kind: "remove-environment",
          act: () =>
            Effect.zipRight(
              asked.undo ? Effect.void : beforeEnd(workspace, backend, say),
              backend.remove(id, { volumes: asked.volumes })
            )
        },
        {
          kind: "remove-worktree",
          act: () =>
            Effect.zipRight(
              // What the user put into a workspace that never came to be is not ours to delete; a fork's files are in its checkpoint.
              worktrees.remove(site, {
                branch: asked.branch,
                work: asked.undo && workspace.from === undefined && !isHalf ? "aside" : "delete"
              }),
              Effect.sync(() => rmSync(folderOf(home.workspaces, workspace), { recursive: true, force: true }))
            ).pipe(Effect.zipRight(forget(workspace)))
        }
      ],
      outcome: () => [{ type: "WorkspaceDeleted", payload: { workspace: id, commit } }],
      failed: (reason) => [
        {
          type: "WorkspaceFailed",
          payload: { workspace: id, reason, advice: `Try again: nexus workspace delete ${workspace.name}` }
        }
      ]
    })
  })
