/**
 * The port to the store of checkpoints' files and git states: content of ours, outside of every repository of the user's, found
 * by hash, sharing what is unchanged.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export class TreeStoreFailed extends Schema.TaggedError<TreeStoreFailed>()("TreeStoreFailed", {
  operation: Schema.String,
  path: Schema.String,
  detail: Schema.String,
  advice: Schema.String
}) {
  override get message() {
    return `${this.operation} of ${this.path} failed: ${this.detail}. ${this.advice}`
  }
}

/** What is asked for is not there, or not what its hash says. Nothing was changed. */
export class TreeDamaged extends Schema.TaggedError<TreeDamaged>()("TreeDamaged", {
  hash: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `The stored tree ${this.hash} cannot be used: ${this.detail}`
  }
}

export type TreeFailure = TreeDamaged | TreeStoreFailed

/** What a checkout's files, or its git state, were. */
export interface Kept {
  /** SHA-256 over everything that is kept: the same files give the same hash. */
  readonly hash: string
  readonly files: number
  readonly bytes: number
  /** What it added to the store. */
  readonly addedBytes: number
  /** What is there and was left out, with why: a socket, a file that may not be read, … A restore lets it be. */
  readonly leftOut: ReadonlyArray<{ readonly path: string; readonly why: string }>
  /** Files that changed each time that they were read: kept as they were the last time, which may be half of one and half of another. */
  readonly unsteady: ReadonlyArray<string>
}

export interface TreeChange {
  /** Of a folder with a slash at the end; folders are named where they are empty or differ in mode. Bytes that are no UTF-8: `\\xNN`. */
  readonly path: string
  readonly change: "added" | "removed" | "content" | "mode" | "type"
}

export interface Selection {
  /** Files that git ignores too. */
  readonly ignored: boolean
  /** More than these is refused: half a checkpoint is none. */
  readonly mostFiles: number
  readonly mostBytes: number
  /** A tree that is about to be restored over it: what that would replace or delete is kept, ignored or not. */
  readonly over?: string
}

export class TreeStore extends Context.Tag("nexus/app/TreeStore")<
  TreeStore,
  {
    /**
     * All files of a checkout, byte for byte, with modes, links, empty folders and repositories inside it; not its own `.git`. Not
     * kept: owners, times, extended attributes, which files are one under two names. Refuses `/`, the user's home and what is above.
     */
    readonly keepFiles: (folder: string, selection: Selection) => Effect.Effect<Kept, TreeFailure>
    /**
     * HEAD, the index's bytes, refs of this worktree, what is in progress, and the objects of these that are in no other branch,
     * remote branch or tag. `gitDirectory`: where they are, `.git/worktrees/NAME` for a linked worktree. Nothing in it is changed.
     */
    readonly keepGit: (gitDirectory: string) => Effect.Effect<Kept, TreeFailure>
    /** Whether all of it is there and is what its hash says: every object of a tree is read, or an archive's file. */
    readonly check: (hash: string) => Effect.Effect<void, TreeFailure>
    /**
     * Makes a folder (made if missing) hold exactly those files. What it holds that git ignores stays, unless the tree was kept with
     * ignored files. All that is to be written is read, verified and made ready before anything is touched; a step that fails
     * afterwards takes those before it back. Times are those of the restore, so that build tools see what changed.
     *
     * `undo`: a tree of the same folder kept just before, with `over` the tree that is restored. Whatever is replaced or deleted must
     * be in it as it is on disk, or the restore is refused; without it, so is one that would replace or delete anything.
     *
     * A restore that was killed leaves a folder `.nexus-restoring-…` at the top, which `keepFiles` names in `leftOut`; restoring
     * again, the same tree or the undo tree, finishes the work and removes it.
     *
     * Answers what differs afterwards from what was asked for: nothing, if all went well. Whatever was written is read again for
     * that, and each folder in which something changed looked through; what others write elsewhere meanwhile is not seen.
     */
    readonly restoreFiles: (
      hash: string,
      folder: string,
      undo?: string
    ) => Effect.Effect<ReadonlyArray<TreeChange>, TreeFailure>
    /**
     * Puts that state back: objects that the repository lacks, the branch that HEAD was on (set to the commit that it had, made
     * again if it was deleted, deleted if it had no commit), HEAD, index and the rest. Refuses while git holds `index.lock` or
     * `HEAD.lock`, when another worktree has the branch, and when commits are gone that it builds on.
     */
    readonly restoreGit: (hash: string, gitDirectory: string) => Effect.Effect<ReadonlyArray<TreeChange>, TreeFailure>
    /** Puts the commits of a kept git state into a repository that may lack them. Answers the one that HEAD was on. */
    readonly bringCommits: (hash: string, gitDirectory: string) => Effect.Effect<string | null, TreeFailure>
    readonly diff: (from: string, to: string) => Effect.Effect<ReadonlyArray<TreeChange>, TreeFailure>
    /** One file's bytes of a kept tree; undefined when it has no such file. */
    readonly file: (hash: string, path: string) => Effect.Effect<Buffer | undefined, TreeFailure>
    /**
     * Puts an archive made elsewhere (a file system delta, a volume) into the store, by its SHA-256. On the same file system the
     * file itself gets a second name there: whoever made it must not write to it any more, and may delete it. `made`: what it is by
     * whoever wrote it and hashed what was written; then it is not read again for that, and must have as many bytes.
     */
    readonly keepArchive: (
      file: string,
      made?: { readonly hash: string; readonly bytes: number }
    ) => Effect.Effect<{ readonly hash: string; readonly bytes: number; readonly addedBytes: number }, TreeFailure>
    /** Writes it out again. */
    readonly archive: (hash: string, to: string) => Effect.Effect<void, TreeFailure>
    /** One file that holds all of these, for another machine; and the way back. */
    readonly pack: (hashes: ReadonlyArray<string>, to: string) => Effect.Effect<void, TreeFailure>
    readonly unpack: (from: string) => Effect.Effect<ReadonlyArray<string>, TreeFailure>
    /**
     * Drops what is reachable from none of these and was not kept within the last hour either: it may be about to be recorded. Answers
     * the bytes that it freed.
     */
    readonly collect: (kept: ReadonlyArray<string>) => Effect.Effect<number, TreeFailure>
  }
>() {}
