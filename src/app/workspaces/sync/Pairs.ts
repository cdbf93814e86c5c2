/** Which folders of this machine a workspace that is apart has copies of. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type BrakeLimits, usualLimits } from "../../../domain/sync/Brake.ts"
import type { SideName } from "../../../domain/sync/Entry.ts"
import type { Workspace } from "../../../domain/workspace/Workspace.ts"
import { Nexus } from "../../Nexus.ts"
import type { Backend } from "../../ports/Backend.ts"
import { Worktrees } from "../../ports/Worktrees.ts"
import { folderOf, siteOf, spoolOf } from "../Order.ts"

/** "files": the worktree. "git": its private git directory. "spool": what agents inside tell of. */
export type PairName = "files" | "git" | "spool"

export interface Pair {
  readonly name: PairName
  readonly here: string
  readonly there: string
  /** Lines as in a `.gitignore`. */
  readonly ignore: ReadonlyArray<string>
  readonly prefer: SideName
  readonly limits: BrakeLimits
}

/** Files come and go there by themselves: objects are packed, deliveries are recorded. */
const none: BrakeLimits = { files: Number.POSITIVE_INFINITY, share: 1 }

/** What git has only for a moment. */
const passing = ["*.lock", "gc.pid", "tmp_*"]

/** In the order in which they are to be made the same: whoever sees new files finds what git knows of them. */
export const pairsOf = (workspace: Workspace, backend: Backend) =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const site = siteOf(home.workspaces, workspace, backend)
    const mounts = yield* (yield* Worktrees).mounts(site, workspace.folder)
    const { folder, spec } = workspace
    const inFolder = spec.volumes.filter(({ path }) => !path.startsWith("/")).map(({ path }) => `/${path}`)
    const git = mounts.find(({ from }) => from === site.gitDirectory)
    const pairs: ReadonlyArray<Pair> = [
      ...(git === undefined
        ? []
        : [
            {
              name: "git" as const,
              here: git.from,
              there: git.to,
              ignore: passing,
              prefer: "workspace" as const,
              limits: none
            }
          ]),
      {
        name: "files",
        here: folder,
        there: folder,
        ignore: [...(spec.sync?.ignore ?? []), ...inFolder],
        prefer: "host",
        limits: usualLimits
      },
      {
        name: "spool",
        here: spoolOf(folderOf(home.workspaces, workspace)),
        there: join(home.spool, "new"),
        ignore: ["/.*"],
        prefer: "host",
        limits: none
      }
    ]
    return pairs
  })

/** Where a pair's memory is kept. */
export const memoryFile = (workspaces: string, workspace: Pick<Workspace, "id">, name: PairName): string =>
  join(folderOf(workspaces, workspace), "sync", `${name}.db`)
