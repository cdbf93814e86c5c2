/** The port to git for workspaces: worktrees and branches on the host, and the private git directory that a container sees. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { WorkspaceId, WorkspaceName } from "../../domain/workspace/Ids.ts"
import type { Mount } from "./Backend.ts"
import type { GitFailed, GitMissing } from "./Repositories.ts"

/**
 * git can't do that here; the message says why and what to do. Nothing was changed. `unsafe`: what the workspace left in its git
 * directory is not what git would have written there.
 */
export class WorktreeRefused extends Schema.TaggedError<WorktreeRefused>()("WorktreeRefused", {
  kind: Schema.Literal(
    "bare",
    "no-commit",
    "no-such-base",
    "branch-taken",
    "folder-taken",
    "foreign",
    "in-progress",
    "dirty",
    "diverged",
    "detached",
    "unsafe",
    "too-large"
  ),
  detail: Schema.String,
  advice: Schema.String
}) {
  override get message() {
    return `${this.detail} ${this.advice}`
  }
}

export type WorktreeFailure = GitFailed | GitMissing | WorktreeRefused

/** A workspace's place in a repository. */
export interface Site {
  /** The top of the main worktree that the workspace belongs to, symbolic links resolved. */
  readonly repository: string
  /** `<repository>/.worktree/<name>`. */
  readonly folder: string
  /** `nexus/<name>`. */
  readonly branch: string
  readonly workspace: WorkspaceId
  readonly name: WorkspaceName
  /** Where the private git directory is, in a folder of ours; undefined for backends that don't isolate. */
  readonly gitDirectory: string | undefined
  /**
   * It is a copy of what the workspace has, which sees no folder of this machine: so all objects that the workspace needs are in it, and
   * none is borrowed.
   */
  readonly isApart?: boolean
}

/** What a new worktree has not, or not as a checkout by hand would have it. */
export interface LeftOut {
  /**
   * `submodule`: its folder is empty. `lfs`: files that are still Git LFS pointers. `filter`: files that a filter of the user's
   * configuration converts, which are as they are stored. `objects`: a partial clone, so some history can't be had offline.
   */
  readonly kind: "submodule" | "lfs" | "filter" | "objects"
  /** A path, or the name of a filter. */
  readonly what: string
  readonly files: number
}

/** What the private git directory says; it is the workspace's to write, so it is what the workspace says. */
export interface Inside {
  /** The commit of the site's branch there; null: there is no such branch. */
  readonly commit: string | null
  readonly on: string | null
  readonly inProgress: string | null
  /** Refs, by full name, to commits that the host has not; they go with the private git directory. The site's branch is not among them. */
  readonly strays: ReadonlyArray<string>
}

/** What `inspect` finds of a site. Each may be there without the others. */
export interface SiteState {
  /**
   * `missing`: the folder is gone. `pruned`: the files are there, but git's entry or their tie to it is not. `moved`: it is elsewhere.
   * `foreign`: what is there is not ours.
   */
  readonly worktree: "sound" | "missing" | "pruned" | "moved" | "foreign"
  readonly movedTo?: string
  /** The commit of its branch; null: there is no such branch. */
  readonly branch: string | null
  /** What HEAD is on: a branch's name, or null when it is detached. */
  readonly on: string | null
  /** rebase, merge, cherry-pick, revert, bisect, am; null: nothing is in progress. */
  readonly inProgress: string | null
  /** Paths that differ from HEAD, untracked ones included. */
  readonly dirty: number
  /** Commits of the branch that are in no other branch and on no remote. */
  readonly unmerged: number
  /** Commits since it left its base, and of the base since. */
  readonly ahead: number
  readonly behind: number
  /** Of a site with a private git directory that is there. */
  readonly inside?: Inside
}

export interface Conflict {
  readonly path: string
  /** In git's words: `content`, `modify/delete`, `add/add`, … */
  readonly kind: string
}

export type MergeOutcome =
  | { readonly kind: "up-to-date" }
  | { readonly kind: "fast-forward" | "merged"; readonly commit: string }
  /** Nothing was changed. */
  | { readonly kind: "conflicts"; readonly conflicts: ReadonlyArray<Conflict> }

export class Worktrees extends Context.Tag("nexus/app/Worktrees")<
  Worktrees,
  {
    /** The top of the main worktree of the repository that a folder is in, symbolic links resolved. */
    readonly repositoryOf: (folder: string) => Effect.Effect<string, WorktreeFailure>
    /** Where the HEAD and index are that the workspace's own programs use. */
    readonly gitDirectoryOf: (site: Site) => Effect.Effect<string, WorktreeFailure>
    /** The commit that `base` means here, and whether anything stands in the way. Changes nothing. */
    readonly plan: (site: Site, base: string) => Effect.Effect<{ readonly commit: string }, WorktreeFailure>
    /**
     * The plain files below these paths that the commit has which `base` means, with what is in them; at most 64 KiB of each, and those
     * alone whose paths `wanted` takes. No file of a worktree is looked at.
     */
    readonly committed: (
      repository: string,
      base: string,
      below: ReadonlyArray<string>,
      wanted: (path: string) => boolean
    ) => Effect.Effect<ReadonlyArray<{ readonly path: string; readonly text: string }>, WorktreeFailure>
    /**
     * Makes worktree, branch, lock, exclude entry and private git directory; undoes all that it made when one fails. May be
     * repeated: what is whole stays as it is, what was interrupted is finished.
     */
    readonly add: (site: Site, commit: string) => Effect.Effect<ReadonlyArray<LeftOut>, WorktreeFailure>
    /**
     * What a backend that isolates has to mount besides the worktree, whose folder is seen at `inside`: a `.git` file over the
     * worktree's own, the private git directory, and all object stores, read-only. None without a private git directory.
     */
    readonly mounts: (site: Site, inside: string) => Effect.Effect<ReadonlyArray<Mount>, WorktreeFailure>
    readonly inspect: (site: Site, base: string) => Effect.Effect<SiteState, WorktreeFailure>
    /**
     * Puts back what is missing of a site: git's entry, the lock, the branch (at `known`, when it is gone), a moved folder, the
     * private git directory; a folder that is gone comes back as its branch has it. What is there is kept.
     */
    readonly mend: (site: Site, known: string | null) => Effect.Effect<void, WorktreeFailure>
    /**
     * Removes worktree, lock and private git directory; the branch as well where told. `work` is what becomes of a folder with
     * uncommitted work: it is refused, moved to `aside`, or deleted. A folder that is not ours is never deleted, but refused or
     * moved aside. Whether commits are lost is the caller's to ask. May be repeated.
     */
    readonly remove: (
      site: Site,
      options: { readonly branch: boolean; readonly work: "refuse" | "aside" | "delete" }
    ) => Effect.Effect<{ readonly aside: string | null }, WorktreeFailure>
    /**
     * What was committed in the private git directory comes to the host's branch, and the other way round; the index of where
     * it comes to follows, files are the same ones. Both moved: nothing does, and inside, `refs/nexus/host` is the host's commit,
     * to be merged there. `commit`: of the branch on the host, after that.
     */
    readonly exchange: (
      site: Site
    ) => Effect.Effect<
      { readonly kind: "same" | "brought" | "sent" | "diverged"; readonly commit: string | null },
      WorktreeFailure
    >
    /** Against the base's merge base: what `git diff` prints, uncommitted and untracked files included. */
    readonly diff: (
      site: Site,
      base: string,
      options: { readonly stat: boolean }
    ) => Effect.Effect<string, WorktreeFailure>
    /** The branch that a merge would go to: what the main worktree is on. */
    readonly mergesInto: (site: Site) => Effect.Effect<string, WorktreeFailure>
    /** Merges the branch into what the main worktree is on. Never leaves a merge in progress. */
    readonly merge: (
      site: Site,
      options: { readonly message?: string; readonly dryRun: boolean }
    ) => Effect.Effect<MergeOutcome, WorktreeFailure>
    /** Gives the branch another name, outside of `nexus/`, for good. */
    readonly promote: (site: Site, branch: string) => Effect.Effect<void, WorktreeFailure>
  }
>() {}
