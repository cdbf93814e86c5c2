/** What there is of a workspace in its repository. Changes nothing. */
import * as Effect from "effect/Effect"
import type { Site, SiteState, WorktreeFailure } from "../../../app/ports/Worktrees.ts"
import { isRevision } from "../Commits.ts"
import { headOf } from "../Layout.ts"
import { find } from "./Find.ts"
import { type Ask, commitAt, type HostGit, hostGit, refOf } from "./HostGit.ts"
import { unfinishedIn } from "./InProgress.ts"
import { inspectInside } from "./Inside.ts"
import { isPrivateThere } from "./Private.ts"

export const inspect = (site: Site, base: string): Effect.Effect<SiteState, WorktreeFailure> =>
  Effect.gen(function* () {
    const git = yield* hostGit(site)
    const { worktree, movedTo, admin } = find(git.layout, site)
    const branch = yield* commitAt(git, refOf(site))
    const isSound = worktree === "sound" && admin !== undefined
    const counted = branch === null ? { unmerged: 0, ahead: 0, behind: 0 } : yield* count(git, base)
    return {
      worktree,
      ...(movedTo === undefined ? {} : { movedTo }),
      branch,
      on: admin === undefined ? null : (headOf({ ...git.layout, gitDir: admin.path })?.branch ?? null),
      inProgress: admin === undefined ? null : unfinishedIn(admin.path),
      dirty: isSound ? yield* dirtyPaths(git.at(admin.path)) : 0,
      ...counted,
      ...(isPrivateThere(site) ? { inside: yield* inspectInside(git) } : {})
    }
  })

/** Paths that differ from HEAD, untracked ones included. What is in submodules is not looked at. */
export const dirtyPaths = (here: Ask): Effect.Effect<number, WorktreeFailure> =>
  Effect.map(
    here.text(["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=dirty"]),
    (listed) => listed.split("\0").length - 1
  )

const count = (git: HostGit, base: string) =>
  Effect.gen(function* () {
    const { site } = git
    const others = ["--not", `--exclude=${site.branch}`, "--branches", "--remotes"]
    const unmerged = Number(yield* git.main.text(["rev-list", "--count", refOf(site), ...others]))
    const start = isRevision(base) ? yield* baseCommit(git, base) : null
    if (start === null) return { unmerged, ahead: unmerged, behind: 0 }
    const told = yield* git.main.text(["rev-list", "--left-right", "--count", `${start}...${refOf(site)}`])
    const [behind = 0, ahead = 0] = told.trim().split("\t").map(Number)
    return { unmerged, ahead, behind }
  })

/** A branch before a tag of its name; null: it is gone. */
export const baseCommit = (git: HostGit, base: string): Effect.Effect<string | null, WorktreeFailure> =>
  Effect.flatMap(commitAt(git, `refs/heads/${base}^{commit}`), (commit) =>
    commit === null ? commitAt(git, `${base}^{commit}`) : Effect.succeed(commit)
  )
