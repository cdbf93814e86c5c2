/** Whether a worktree can be made, and of which commit. */
import { existsSync, lstatSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { nearest } from "../../../app/nearest.ts"
import { type Site, type WorktreeFailure, WorktreeRefused } from "../../../app/ports/Worktrees.ts"
import { isRevision } from "../Commits.ts"
import { headOf } from "../Layout.ts"
import { unfinishedIn } from "./InProgress.ts"
import { adminOf } from "./Admin.ts"
import { isOn } from "./Configuration.ts"
import { type Asking, commitAt, type HostGit, hostGit, refOf } from "./HostGit.ts"
import { besides, blocking, type Refs, refsOf, shared } from "./Refs.ts"

export const plan = (site: Site, base: string): Effect.Effect<{ readonly commit: string }, WorktreeFailure> =>
  Effect.gen(function* () {
    const git = yield* hostGit(site)
    yield* refuseBare(git)
    const [commit, refs] = yield* Effect.all([commitOf(git, base), refsOf(git.main, besides(site.branch))], {
      concurrency: "unbounded"
    })
    const { gitDir } = git.layout
    const begun = unfinishedIn(gitDir)
    if (begun !== null && /^(?:HEAD|@)(?![^~^@])/.test(base))
      return yield* new WorktreeRefused({
        kind: "in-progress",
        detail: `${site.repository} is in the middle of a ${begun}, so HEAD may be a commit that does not last.`,
        advice: "Finish it first, or name a branch or commit: --base BRANCH."
      })
    yield* refuseTaken(git, refs)
    return { commit }
  })

const refuseBare = ({ configuration, layout, repository }: HostGit) =>
  isOn(configuration, "core.bare") || layout.gitDir === repository
    ? new WorktreeRefused({
        kind: "bare",
        detail: `${repository} is a bare repository: it has no main worktree.`,
        advice: "Clone it, and make the workspace in the clone."
      })
    : Effect.void

/** A branch is meant before a tag of its name, and a branch of the one remote that has it before nothing. */
export const commitOf = (git: Asking, base: string): Effect.Effect<string, WorktreeFailure> =>
  Effect.gen(function* () {
    if (isRevision(base)) {
      const [branch, any] = yield* commitsAt(git, [`refs/heads/${base}`, base])
      const commit = branch ?? any
      if (commit !== undefined) return commit
    }
    const refs = [...(yield* refsOf(git.main, shared)).keys()]
    const ofRemotes = refs.filter(
      (ref) => ref.startsWith("refs/remotes/") && ref.split("/").slice(3).join("/") === base
    )
    const [only] = ofRemotes
    if (only !== undefined && ofRemotes.length === 1) return (yield* commitAt(git, `${only}^{commit}`)) ?? ""
    if (headOf(git.layout)?.commit === null)
      return yield* new WorktreeRefused({
        kind: "no-commit",
        detail: `${git.repository} has no commit yet, so there is nothing to begin from.`,
        advice: "Commit something first: git commit --allow-empty -m start"
      })
    const names = refs.map((ref) => ref.split("/").slice(2).join("/"))
    const near = nearest(base, ofRemotes.length > 1 ? ofRemotes.map((ref) => ref.slice(13)) : names)
    return yield* new WorktreeRefused({
      kind: "no-such-base",
      detail: `There is no branch, tag or commit ${JSON.stringify(base)} in ${git.repository}.`,
      advice:
        ofRemotes.length > 1
          ? `Several remotes have one: ${ofRemotes.map((ref) => ref.slice(13)).join(", ")}.`
          : near === undefined
            ? "git branch --all lists what there is."
            : `Did you mean ${near}?`
    })
  })

/** The commits of revisions; undefined for what names none (git-cat-file(1), BATCH OUTPUT). */
const commitsAt = (git: Asking, revisions: ReadonlyArray<string>) =>
  Effect.map(
    git.main.text(["cat-file", "--batch-check"], { input: revisions.map((one) => `${one}^{commit}\n`).join("") }),
    (told) => told.split("\n").map((line) => /^([0-9a-f]{40,64}) commit \d+$/.exec(line)?.[1])
  )

/** The token in a branch's reflog: what made it says whose it is. */
export const tokenOf = (site: Site): string => `nexus: made for ${site.workspace}`

/** Whether a branch was made for this workspace; git forgets reflogs after some months, but not what the worktree is on. */
export const isOurBranch = (git: HostGit): Effect.Effect<boolean, WorktreeFailure> =>
  Effect.gen(function* () {
    const { site, layout } = git
    const gitDir = adminOf(layout.commonDir, site)?.path
    if (gitDir !== undefined && headOf({ ...layout, gitDir })?.branch === site.branch) return true
    const told = yield* git.main.text(["reflog", "show", "--format=%gs", refOf(site), "--"], { codes: [0, 128] })
    return told.trimEnd().split("\n").at(-1) === tokenOf(site)
  })

/** Folder and branch must be free, or ours already. `refs`: at least those beside the branch. */
export const refuseTaken = (git: HostGit, refs: Refs) =>
  Effect.gen(function* () {
    const { site, layout } = git
    const holder = lstatSync(join(site.repository, ".worktree"), { throwIfNoEntry: false })
    if (holder?.isDirectory() === false)
      return yield* new WorktreeRefused({
        kind: "folder-taken",
        detail: `${join(site.repository, ".worktree")} is not a folder.`,
        advice: "Move it away: workspaces are kept in there."
      })
    if (adminOf(layout.commonDir, site) === undefined && isThere(site.folder))
      return yield* new WorktreeRefused({
        kind: "folder-taken",
        detail: `${site.folder} is there already, and is not this workspace's.`,
        advice: "Move it away, or choose another name."
      })
    if (refs.has(refOf(site)) && !(yield* isOurBranch(git)))
      return yield* new WorktreeRefused({
        kind: "branch-taken",
        detail: `The branch ${site.branch} is there already, and is not this workspace's.`,
        advice: `Choose another name, or rename it: git branch -m ${site.branch} NEW`
      })
    const inTheWay = blocking(refs, site.branch)
    if (inTheWay !== undefined)
      return yield* new WorktreeRefused({
        kind: "branch-taken",
        detail: `There is a branch ${inTheWay}, so there can be none ${site.branch}.`,
        advice: `Rename it: git branch -m ${inTheWay} NEW`
      })
  })

const isThere = (path: string): boolean => existsSync(path) || lstatSync(path, { throwIfNoEntry: false }) !== undefined
