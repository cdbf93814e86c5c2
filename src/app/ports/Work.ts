/**
 * The port to what a piece of work did in a checkout: the commits and files since a base commit, and what is not committed. It
 * asks git for what runs nothing of the repository's, takes no lock and changes nothing. `base`: a commit's id.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { HistoryFailure, RevisionUnknown } from "./History.ts"

export interface WorkCommit {
  readonly commit: string
  readonly parents: ReadonlyArray<string>
  /** All of it, of at most 64 KiB. */
  readonly message: string
}

/** A file that a commit wrote. `before`, `after`: blob ids; `before` is null for a new file. */
export interface Written {
  readonly commit: string
  readonly path: string
  readonly before: string | null
  readonly after: string
}

/** A file that is not as HEAD has it. */
export interface Uncommitted {
  readonly path: string
  readonly state: "untracked" | "modified" | "deleted" | "added" | "renamed" | "unmerged"
}

/** A file that is on disk otherwise than in the base. */
export interface Changed {
  readonly path: string
  /** Its path in the base, where git takes it for renamed. */
  readonly from: string | null
  /** Its blob in the base; null: it is new. */
  readonly before: string | null
  readonly isThere: boolean
}

export class Work extends Context.Tag("nexus/app/Work")<
  Work,
  {
    /**
     * Where the work began: at `asked`; else at the merge base with the upstream, or with the main branch where HEAD is another
     * one. Null: nobody can tell.
     */
    readonly base: (
      checkout: string,
      asked: string | undefined
    ) => Effect.Effect<string | null, RevisionUnknown | HistoryFailure>
    /**
     * The commits from the base to HEAD, newest first. Left out: what was fetched, and what was merged from where it was before
     * the base.
     */
    readonly commits: (
      checkout: string,
      base: string,
      limit: number
    ) => Effect.Effect<ReadonlyArray<WorkCommit>, HistoryFailure>
    /** The files that these commits wrote, but merges. */
    readonly written: (
      checkout: string,
      commits: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyArray<Written>, HistoryFailure>
    /** Bytes of blobs; what is not there is left out. */
    readonly sizes: (
      checkout: string,
      blobs: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyMap<string, number>, HistoryFailure>
    /** Binary files in HEAD that the base has not, but those that .gitattributes tells what they are. */
    readonly newBinaries: (checkout: string, base: string) => Effect.Effect<ReadonlyArray<string>, HistoryFailure>
    /** Lines like those of conflicts (1-based) that are on disk and not in the base, in files that git knows. */
    readonly conflictLines: (
      checkout: string,
      base: string
    ) => Effect.Effect<ReadonlyArray<{ readonly path: string; readonly line: number }>, HistoryFailure>
    readonly uncommitted: (checkout: string) => Effect.Effect<ReadonlyArray<Uncommitted>, HistoryFailure>
    /** An operation of git's that was begun and not ended, in git's word for it: "rebase". */
    readonly unfinished: (checkout: string) => string | undefined
    /** What is otherwise on disk than in the base, files that git does not know yet included. */
    readonly changed: (checkout: string, base: string | null) => Effect.Effect<ReadonlyArray<Changed>, HistoryFailure>
    /** The files that are on disk and that git does not ignore. */
    readonly files: (checkout: string) => Effect.Effect<ReadonlyArray<string>, HistoryFailure>
    /** Those of these paths that git ignores, whether there is such a file or not. */
    readonly ignored: (
      checkout: string,
      paths: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlySet<string>, HistoryFailure>
  }
>() {}
