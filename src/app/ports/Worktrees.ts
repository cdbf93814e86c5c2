/** The port to git for workspaces: worktrees and branches on the host, and the private git directory that a container sees. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { WorkspaceId, WorkspaceName } from "../../domain/workspace/Ids.ts"
import type { GitFailed, GitMissing } from "./Repositories.ts"

/** git can't do that here; the message says why and what to do. Nothing was changed. */
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
    "diverged"
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
}

/** What `inspect` finds of a site. Each may be there without the others. */
export interface SiteState {
  /** `missing`: the folder is gone. `pruned`: git forgot it. `moved`: git knows it elsewhere. `foreign`: what is there is not ours. */
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
    /** The top of the main worktree of the repository that a folder is in. */
    readonly repositoryOf: (folder: string) => Effect.Effect<string, WorktreeFailure>
    /** The commit that `base` means here, and whether anything stands in the way. Changes nothing. */
    readonly plan: (site: Site, base: string) => Effect.Effect<{ readonly commit: string }, WorktreeFailure>
    /** Makes worktree, branch, lock, exclude entry and private git directory; undoes all of it when one fails. May be repeated. */
    readonly add: (site: Site, commit: string) => Effect.Effect<void, WorktreeFailure>
    readonly inspect: (site: Site, base: string) => Effect.Effect<SiteState, WorktreeFailure>
    /** Puts back what git forgot of a site whose files are there. */
    readonly mend: (site: Site) => Effect.Effect<void, WorktreeFailure>
    /** Removes worktree, lock and private git directory; the branch as well where told. Whether work is lost is the caller's to ask. */
    readonly remove: (site: Site, options: { readonly branch: boolean }) => Effect.Effect<void, WorktreeFailure>
    /** What was committed in the private git directory comes to the host's branch, and the other way round. */
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
    /** Merges the branch into what the main worktree is on. Never leaves a merge in progress. */
    readonly merge: (
      site: Site,
      options: { readonly message?: string; readonly dryRun: boolean }
    ) => Effect.Effect<MergeOutcome, WorktreeFailure>
    /** Gives the branch another name, outside of `nexus/`, for good. */
    readonly promote: (site: Site, branch: string) => Effect.Effect<void, WorktreeFailure>
  }
>() {}
