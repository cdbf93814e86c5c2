/** Removing what there is of a workspace in its repository. Each step may find that it was done before. */
import { existsSync, renameSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { type Site, type WorktreeFailure, WorktreeRefused } from "../../../app/ports/Worktrees.ts"
import { headOf } from "../Layout.ts"
import { adminsOf, removeAdmin, removeEmpty } from "./Admin.ts"
import { setAside } from "./Aside.ts"
import { find, type Found, removing } from "./Find.ts"
import { attempt, commitAt, type HostGit, hostGit, patiently, refOf } from "./HostGit.ts"
import { dirtyPaths } from "./Inspect.ts"
import { isOurBranch } from "./Plan.ts"
import { removePrivate } from "./Private.ts"
import { removeTree } from "./RemoveTree.ts"

export interface Removal {
  readonly branch: boolean
  readonly work: "refuse" | "aside" | "delete"
}

export const remove = (
  site: Site,
  removal: Removal
): Effect.Effect<{ readonly aside: string | null }, WorktreeFailure> =>
  Effect.gen(function* () {
    const git = yield* hostGit(site)
    const found = find(git.layout, site)
    // Its worktree says whose it is, while there is one.
    const isBranchOurs = removal.branch && (yield* isOurBranch(git))
    if (isBranchOurs) yield* refuseElsewhere(git, found)
    const isDoomed = yield* mayDelete(git, found, removal.work)
    const holder = dirname(site.folder)
    const going = join(holder, `${removing}${site.workspace}`)
    const aside = yield* attempt(site, "worktree remove", () => {
      // A folder takes this name when all of it is to go, so that a half that a crash leaves is known for what it is.
      if (existsSync(going)) removeTree(going)
      if (found.worktree === "missing") return null
      if (!isDoomed) return setAside(found.movedTo ?? site.folder)
      renameSync(found.movedTo ?? site.folder, going)
      removeTree(going)
      return null
    })
    yield* attempt(site, "worktree remove", () => {
      if (found.admin !== undefined) removeAdmin(found.admin.path)
      if (existsSync(holder)) removeEmpty(holder)
    })
    // One of the same name that somebody made since is somebody's.
    if (isBranchOurs) yield* removeBranch(git)
    yield* removePrivate(site)
    return { aside }
  })

/** Whether the folder is to be deleted, rather than moved aside. */
const mayDelete = (git: HostGit, { worktree, admin }: Found, work: Removal["work"]) =>
  Effect.gen(function* () {
    const { site } = git
    if (worktree === "missing") return true
    if (worktree === "sound" && admin !== undefined) {
      if (work === "delete") return true
      const dirty = yield* dirtyPaths(git.at(admin.path))
      if (dirty === 0) return true
      if (work === "aside") return false
      return yield* new WorktreeRefused({
        kind: "dirty",
        detail: `${site.folder} has ${dirty} ${dirty === 1 ? "path that is" : "paths that are"} not committed.`,
        advice: "Commit them, or delete the workspace with --force, which keeps a checkpoint of them."
      })
    }
    if (worktree !== "foreign" && work === "delete") return true
    if (work !== "refuse") return false
    return yield* new WorktreeRefused({
      kind: worktree === "foreign" ? "foreign" : "dirty",
      detail:
        worktree === "foreign"
          ? `${site.folder} is not this workspace's any more.`
          : `git lost its entry of ${site.folder}, so nobody can tell what in it is not committed.`,
      advice: worktree === "foreign" ? "Move it away, or use --force, which does." : "Repair the workspace first."
    })
  })

/** A branch that some other worktree is on can't go. */
const refuseElsewhere = (git: HostGit, { admin }: Found) =>
  Effect.gen(function* () {
    const { site, layout } = git
    const others = adminsOf(layout.commonDir).flatMap(({ path }) => (path === admin?.path ? [] : [path]))
    if (![layout.gitDir, ...others].some((gitDir) => headOf({ ...layout, gitDir })?.branch === site.branch)) return
    return yield* new WorktreeRefused({
      kind: "branch-taken",
      detail: `The branch ${site.branch} is checked out elsewhere in ${site.repository}, so it can't be deleted.`,
      advice: "Switch there to another branch: git switch -"
    })
  })

const removeBranch = (git: HostGit) =>
  Effect.gen(function* () {
    const { site } = git
    if ((yield* commitAt(git, refOf(site))) === null) return
    yield* patiently(git.main.run(["update-ref", "-d", refOf(site)]))
    const section = `branch.${site.branch}`
    // Others that are deleted at this moment wait for the same file.
    if (git.configuration.some(([name]) => name.startsWith(`${section}.`)))
      yield* patiently(git.main.run(["config", "--remove-section", section], { codes: [0, 128] }))
  })
