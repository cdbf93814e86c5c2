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
  /** What is there and was left out, with why: a socket, a file beyond the budget, … */
  readonly leftOut: ReadonlyArray<{ readonly path: string; readonly why: string }>
}

export interface TreeChange {
  readonly path: string
  readonly change: "added" | "removed" | "content" | "mode" | "type"
}

export interface Selection {
  /** Files that git ignores too. */
  readonly ignored: boolean
  readonly mostFiles: number
  readonly mostBytes: number
}

export class TreeStore extends Context.Tag("nexus/app/TreeStore")<
  TreeStore,
  {
    /** All files of a checkout, byte for byte, with modes, links, empty folders and repositories inside it; not its own `.git`. */
    readonly keepFiles: (folder: string, selection: Selection) => Effect.Effect<Kept, TreeFailure>
    /** HEAD, the index's bytes, refs of this worktree, what is in progress. `gitDirectory`: where they are. */
    readonly keepGit: (gitDirectory: string) => Effect.Effect<Kept, TreeFailure>
    /** Whether all of it is there and is what its hash says. */
    readonly check: (hash: string) => Effect.Effect<void, TreeFailure>
    /**
     * Makes a folder hold exactly those files. What it holds that git ignores stays, unless the tree was kept with ignored files.
     * Answers what differs afterwards from what was asked for: nothing, if all went well.
     */
    readonly restoreFiles: (hash: string, folder: string) => Effect.Effect<ReadonlyArray<TreeChange>, TreeFailure>
    readonly restoreGit: (hash: string, gitDirectory: string) => Effect.Effect<ReadonlyArray<TreeChange>, TreeFailure>
    readonly diff: (from: string, to: string) => Effect.Effect<ReadonlyArray<TreeChange>, TreeFailure>
    /** One file's bytes of a kept tree; undefined when it has no such file. */
    readonly file: (hash: string, path: string) => Effect.Effect<Buffer | undefined, TreeFailure>
    /** Puts an archive made elsewhere (a file system delta, a volume) into the store, by its SHA-256. */
    readonly keepArchive: (
      file: string
    ) => Effect.Effect<{ readonly hash: string; readonly bytes: number; readonly addedBytes: number }, TreeFailure>
    /** Writes it out again. */
    readonly archive: (hash: string, to: string) => Effect.Effect<void, TreeFailure>
    /** One file that holds all of these, for another machine; and the way back. */
    readonly pack: (hashes: ReadonlyArray<string>, to: string) => Effect.Effect<void, TreeFailure>
    readonly unpack: (from: string) => Effect.Effect<ReadonlyArray<string>, TreeFailure>
    /** Drops what is reachable from none of these. Answers the bytes that it freed. */
    readonly collect: (kept: ReadonlyArray<string>) => Effect.Effect<number, TreeFailure>
  }
>() {}
