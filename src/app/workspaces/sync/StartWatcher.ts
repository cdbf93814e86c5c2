/** Has a process of its own keep a workspace's files the same, unless one does. Whoever starts it neither waits for it nor fails with it. */
import { spawn } from "node:child_process"
import { existsSync, mkdirSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { Workspace } from "../../../domain/workspace/Workspace.ts"
import { takeLock } from "../../../events/Lock.ts"
import { loadSafely } from "../../Config.ts"
import { Nexus } from "../../Nexus.ts"

/** Held by the one process that watches a workspace's files. */
export const watcherLock = (workspaces: string, workspace: Pick<Workspace, "id">): string =>
  join(workspaces, workspace.id, "sync", "watcher.lock")

export const isWatched = (workspaces: string, workspace: Pick<Workspace, "id">): boolean => {
  const file = watcherLock(workspaces, workspace)
  if (!existsSync(dirname(file))) return false
  const lock = takeLock(file)
  lock?.release()
  return lock === undefined
}

/** For a workspace that runs and is apart. */
export const startWatcher = (workspace: Workspace) =>
  Effect.flatMap(Nexus, ({ home, program }) =>
    Effect.ignore(
      Effect.try(() => {
        if (workspace.spec.sync === undefined || !existsSync(program.nexus)) return
        if (!loadSafely(home.config, workspace.repository).workspace.keeper) return
        mkdirSync(dirname(watcherLock(home.workspaces, workspace)), { recursive: true, mode: 0o700 })
        if (isWatched(home.workspaces, workspace)) return
        const words = ["workspace", "sync", "watch", workspace.id]
        const args = ["--max-semi-space-size=1", program.nexus, "--home", home.path, ...words]
        const child = spawn(program.node, args, { cwd: workspace.repository, detached: true, stdio: "ignore" })
        child.once("error", () => undefined)
        child.unref()
      })
    )
  )
