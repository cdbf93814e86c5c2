/** Putting back what is missing of a workspace in its repository. What is there stays as it is. */
import { existsSync, lstatSync, mkdirSync, renameSync, rmSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { type Site, type WorktreeFailure, WorktreeRefused } from "../../../app/ports/Worktrees.ts"
import { checkOut } from "./Add.ts"
import { pointerOf, removeAdmin, writeAdmin, writePointer } from "./Admin.ts"
import { exclude } from "./Exclude.ts"
import { find } from "./Find.ts"
import { attempt, commitAt, type HostGit, hostGit, indexOf, refOf } from "./HostGit.ts"
import { indexed, skipSubmodules } from "./LeftOut.ts"
import { tokenOf } from "./Plan.ts"
import { isPrivateThere, makePrivate } from "./Private.ts"
import { besides, blocking, refsOf, shared } from "./Refs.ts"

export const mend = (site: Site, known: string | null): Effect.Effect<void, WorktreeFailure> =>
  Effect.gen(function* () {
    const git = yield* hostGit(site)
    const { commonDir } = git.layout
    const found = find(git.layout, site)
    if (found.worktree === "foreign")
      return yield* new WorktreeRefused({
        kind: "foreign",
        detail: `${site.folder} is not this workspace's any more.`,
        advice: "Move it away; then repair the workspace."
      })
    yield* mendBranch(git, known)
    const { movedTo } = found
    yield* attempt(site, "worktree repair", () => {
      mkdirSync(dirname(site.folder), { recursive: true })
      if (movedTo !== undefined) renameSync(movedTo, site.folder)
    })
    const admin = found.admin?.path ?? entryFor(git)
    const isThere = existsSync(site.folder)
    yield* attempt(site, "worktree repair", () => {
      if (!isThere) rmSync(indexOf(admin), { force: true })
      mkdirSync(site.folder, { recursive: true })
      writeAdmin(commonDir, admin, site)
      writePointer(site, admin)
    }).pipe(Effect.onError(() => (found.admin === undefined ? Effect.sync(() => removeAdmin(admin)) : Effect.void)))
    yield* mendIndex(git, admin, isThere)
    yield* attempt(site, "worktree repair", () => exclude(commonDir))
    if (site.gitDirectory !== undefined) {
      const here = git.at(admin)
      yield* skipSubmodules(here, yield* indexed(here))
      if (!isPrivateThere(site)) yield* makePrivate(git, admin, yield* refsOf(git.main, shared))
    }
  })

const mendBranch = (git: HostGit, known: string | null) =>
  Effect.gen(function* () {
    const { site } = git
    if ((yield* commitAt(git, refOf(site))) !== null) return
    const commit = known === null ? null : yield* commitAt(git, `${known}^{commit}`)
    const inTheWay = blocking(yield* refsOf(git.main, besides(site.branch)), site.branch)
    if (commit === null || inTheWay !== undefined)
      return yield* new WorktreeRefused({
        kind: "no-such-base",
        detail: `The branch ${site.branch} is gone, and ${inTheWay === undefined ? "the commit that it was last at as well" : `there is one ${inTheWay} in its place`}.`,
        advice: `Make it: git branch ${site.branch} COMMIT`
      })
    const none = "0".repeat(commit.length)
    yield* git.main.run(["update-ref", "--create-reflog", "-m", tokenOf(site), refOf(site), commit, none])
  })

/** The entry that the worktree's file names, since the private git directory's index and tools may name it as well; else a free one. */
const entryFor = (git: HostGit): string => {
  const worktrees = join(git.layout.commonDir, "worktrees")
  const named = pointerOf(git.site.folder)
  for (let count = 0; ; count++) {
    const free = count === 0 && named !== undefined ? basename(named) : `${git.site.name}${count === 0 ? "" : count}`
    const path = join(worktrees, free)
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return path
  }
}

/** An index that is gone comes back as the branch has it: what was staged is not any more, the files stay. */
const mendIndex = (git: HostGit, admin: string, isThere: boolean) =>
  Effect.gen(function* () {
    if (existsSync(indexOf(admin))) return
    if (!isThere) return yield* checkOut(git, admin)
    const here = git.at(admin)
    yield* here.run(["read-tree", "HEAD"])
    yield* here.run(["update-index", "-q", "--refresh", "--ignore-submodules"], { codes: [0, 1] })
  })
