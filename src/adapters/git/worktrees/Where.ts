/** Which repository a folder belongs to, and where a workspace's HEAD and index are. */
import { realpathSync } from "node:fs"
import { basename, dirname } from "node:path"
import * as Effect from "effect/Effect"
import { WorktreeRefused, type Site } from "../../../app/ports/Worktrees.ts"
import { layoutOf } from "../Layout.ts"

export const repositoryOf = (folder: string): Effect.Effect<string, WorktreeRefused> => {
  const layout = layoutOf(folder)
  if (layout === undefined || basename(layout.commonDir) !== ".git")
    return new WorktreeRefused({
      kind: "bare",
      detail: `${folder} is in no repository with a working tree of its own.`,
      advice: "Workspaces are made in a clone that has one."
    })
  return Effect.sync(() => realpathSync(dirname(layout.commonDir)))
}

export const gitDirectoryOf = (site: Site): Effect.Effect<string, WorktreeRefused> => {
  if (site.gitDirectory !== undefined) return Effect.succeed(site.gitDirectory)
  const layout = layoutOf(site.folder)
  return layout === undefined
    ? new WorktreeRefused({
        kind: "foreign",
        detail: `${site.folder} is no worktree any more.`,
        advice: `Put it right: nexus workspace repair ${site.name}`
      })
    : Effect.succeed(layout.gitDir)
}
