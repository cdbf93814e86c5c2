/**
 * The port to a repository's history: commits, contents, reflogs, notes. Every method takes a checkout's top folder and asks
 * git for what runs nothing of the repository's, takes no lock and changes nothing (but `writeNotes`, `pushNotes`, `fetchNotes`).
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { GitFailed, GitMissing } from "./Repositories.ts"

/** Nothing in this repository has that name. */
export class RevisionUnknown extends Schema.TaggedError<RevisionUnknown>()("RevisionUnknown", {
  revision: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return `There is no revision ${JSON.stringify(this.revision)} here. ${this.hint}`.trim()
  }
}

export type HistoryFailure = GitFailed | GitMissing

export interface Commit {
  readonly commit: string
  readonly parents: ReadonlyArray<string>
  readonly author: string
  /** See `CommitSeen.authorKey`. */
  readonly authorKey: string
  /** Milliseconds since 1970. */
  readonly authored: number
  readonly committed: number
  readonly subject: string
  /** From "This reverts commit …" in its message. */
  readonly reverts?: string
  /** From "(cherry picked from commit …)" in its message. */
  readonly pickedFrom?: string
  /** The trailers of its message (git-interpret-trailers(1)), "Name: value" each; absent when there are none. */
  readonly trailers?: ReadonlyArray<string>
  /** A shallow clone's history was cut off here: `parents` is empty though it has some, and what it changed is not known. */
  readonly boundary?: boolean
}

export type EntryKind = "file" | "symlink" | "submodule"

/** A change of one file between a commit and its first parent; of a merge: one that differs from every parent. */
export interface FileChange {
  readonly path: string
  /** The path before, when git takes it for a rename or a copy (-M -C). */
  readonly from: string | null
  /** The file at `from` is still there. */
  readonly copied?: boolean
  /** Blob ids; null where there is no such file. */
  readonly before: string | null
  readonly after: string | null
  /** Of what is there after the change; of a deletion, of what was there. */
  readonly kind: EntryKind
}

/** A file that is on disk otherwise than in HEAD: path, path in HEAD where it was renamed, and blob id in HEAD. */
export type PendingChange = Pick<FileChange, "path" | "from" | "before">

/** Where git says that a line of a file came from: the commit that introduced it, and the line's place there. */
export interface BlameOrigin {
  /** Null for a line that is in no commit (see `blame`'s `contents`). */
  readonly commit: string | null
  /** The path in that commit. */
  readonly path: string
  /** 1-based, in that commit. */
  readonly line: number
  /** The commit's author; null where there is no commit. */
  readonly author: string | null
  /** The history ends there (shallow clone): the line may be older. */
  readonly boundary: boolean
}

export interface HeadMove {
  readonly from: string
  readonly to: string
  /** See `HeadMoved`. */
  readonly verb: string
  readonly onto?: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface TreeEntry {
  readonly oid: string
  readonly kind: EntryKind
}

export class History extends Context.Tag("nexus/app/History")<
  History,
  {
    /** The commit that a revision names. */
    readonly commitOf: (checkout: string, revision: string) => Effect.Effect<string, RevisionUnknown | HistoryFailure>
    /** HEAD's commit (null: none yet) and branch (null: detached), and whether the clone is shallow. Reads files only, if it can. */
    readonly head: (
      checkout: string
    ) => Effect.Effect<
      { readonly commit: string | null; readonly branch: string | null; readonly shallow: boolean },
      HistoryFailure
    >
    /**
     * Commits, newest first in topological order. `revisions`: as git-rev-list takes them (`A..B`, `--all`, `--reflog`, `^X`);
     * `since`: committed at or after, milliseconds since 1970. A revision that names nothing: RevisionUnknown.
     */
    readonly commits: (
      checkout: string,
      query: {
        readonly revisions: ReadonlyArray<string>
        readonly since?: number
        readonly paths?: ReadonlyArray<string>
        readonly limit?: number
      }
    ) => Effect.Effect<ReadonlyArray<Commit>, RevisionUnknown | HistoryFailure>
    /**
     * What each commit changed, in one git process. Left out: commits that are not there, and those where a shallow clone's
     * history was cut off.
     */
    readonly changes: (
      checkout: string,
      commits: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyMap<string, ReadonlyArray<FileChange>>, HistoryFailure>
    /**
     * The lines that commits with one parent or none added, by commit and path: `[start, count]`, 1-based, as git-blame takes
     * them to be theirs. One git process for all.
     */
    readonly added: (
      checkout: string,
      commits: ReadonlyArray<string>
    ) => Effect.Effect<
      ReadonlyMap<string, ReadonlyMap<string, ReadonlyArray<readonly [start: number, count: number]>>>,
      HistoryFailure
    >
    /** Files that git knows and that differ from HEAD; nothing in an empty repository. */
    readonly uncommitted: (checkout: string) => Effect.Effect<ReadonlyArray<PendingChange>, HistoryFailure>
    /**
     * `git blame` with its default options (renames of whole files are followed), one entry a line. With `contents`: of
     * those bytes as if they were the file at `path` on top of `revision`; lines that are not in it have no commit.
     * Undefined when there is no such file at `revision` (and no `contents`).
     */
    readonly blame: (
      checkout: string,
      path: string,
      revision: string,
      contents?: Buffer
    ) => Effect.Effect<ReadonlyArray<BlameOrigin> | undefined, HistoryFailure>
    /** Contents of blobs by id, in one git process; what is not there is left out. Larger than `most` bytes: left out. */
    readonly blobs: (
      checkout: string,
      oids: ReadonlyArray<string>,
      most?: number
    ) => Effect.Effect<ReadonlyMap<string, Buffer>, HistoryFailure>
    /** What is at `path` in a commit, or in the index ("index": stage 0). */
    readonly entry: (
      checkout: string,
      revision: string,
      path: string
    ) => Effect.Effect<TreeEntry | undefined, HistoryFailure>
    /** What is at these paths in a commit, in one git process; what is not there is left out. */
    readonly entries: (
      checkout: string,
      revision: string,
      paths: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyMap<string, TreeEntry>, HistoryFailure>
    /** The paths of all files in a commit. */
    readonly files: (checkout: string, revision: string) => Effect.Effect<ReadonlyArray<string>, HistoryFailure>
    /** HEAD's reflog of this checkout, oldest first; empty where there is none. Reads a file, starts nothing. */
    readonly reflog: (checkout: string) => Effect.Effect<ReadonlyArray<HeadMove>>
    /** A text that changes whenever a ref, or HEAD or its reflog in any checkout of this repository, does. Reads files, starts nothing. */
    readonly fingerprint: (checkout: string) => Effect.Effect<string>
    /** A text that changes whenever the index of this checkout does. Reads files, starts nothing. */
    readonly indexState: (checkout: string) => Effect.Effect<string>
    /** The top folders of all checkouts of this repository that are there, symbolic links resolved, this one first. Starts nothing. */
    readonly worktrees: (checkout: string) => Effect.Effect<ReadonlyArray<string>>
    /** Commits that only reflogs (or stashes that were dropped, while reflogs know them) still hold. */
    readonly unreachable: (checkout: string, since?: number) => Effect.Effect<ReadonlyArray<string>, HistoryFailure>
    /** Whether `ancestor` is an ancestor of (or is) `commit`. */
    readonly isAncestor: (checkout: string, ancestor: string, commit: string) => Effect.Effect<boolean, HistoryFailure>
    /** The notes of commits under a notes ref (`refs/notes/nexus`), of those that have one; all commits when none are given. */
    readonly notes: (
      checkout: string,
      ref: string,
      commits?: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyMap<string, string>, HistoryFailure>
    /** Puts notes in place of those that are there, in one commit on the notes ref. Commits that are not there get none. */
    readonly writeNotes: (
      checkout: string,
      ref: string,
      notes: ReadonlyMap<string, string>
    ) => Effect.Effect<void, HistoryFailure>
    /** Sends a notes ref; what others sent meanwhile is merged first (ours wins for one commit). Retries a lost race. */
    readonly pushNotes: (checkout: string, remote: string, ref: string) => Effect.Effect<void, HistoryFailure>
    /** Gets a notes ref and merges it into ours (ours wins for one commit). */
    readonly fetchNotes: (checkout: string, remote: string, ref: string) => Effect.Effect<void, HistoryFailure>
  }
>() {}
