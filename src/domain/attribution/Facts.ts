/** What attribution is derived from: facts of the log about one file and the names that it ever had. */
import type { Attribution } from "./Attribution.ts"
import type { Transition } from "./Transition.ts"

/** A recorded change of a file; see `ChangeRow` in projections. */
export interface Change {
  readonly position: number
  readonly checkout: string
  readonly path: string
  readonly origin: string | null
  /** Blob ids; null: no file; "": not known. */
  readonly before: string | null
  readonly after: string | null
  readonly session: string | null
  /** As shown (`anthropic/…`); null when not known. */
  readonly model: string | null
  readonly claim: string
  readonly modified: boolean
  readonly formatter: string | null
  /** HEAD's commit when the call began; null where nobody looked. */
  readonly head: string | null
  /** Undefined when a content is not known or has no lines. */
  readonly transition: Transition | undefined
  /** Milliseconds since 1970. */
  readonly time: number
}

export interface CommitFact {
  readonly commit: string
  readonly parents: ReadonlyArray<string>
  readonly authorKey: string
  readonly authored: number
  readonly committed: number
  readonly reverts: string | null
  readonly pickedFrom: string | null
}

/** What a commit did to a file, against its first parent. */
export interface CommitFile {
  readonly commit: string
  readonly path: string
  readonly from: string | null
  readonly before: string | null
  readonly after: string | null
}

/** HEAD of a checkout moved; see `HeadMoved`. */
export interface Move {
  readonly checkout: string
  readonly from: string
  readonly to: string
  readonly verb: string
  readonly at: number
}

export interface Facts {
  /** When the record of the project began: milliseconds since 1970. */
  readonly since: number
  /** In order of position. */
  readonly changes: ReadonlyArray<Change>
  readonly commits: ReadonlyMap<string, CommitFact>
  /** Of the file and its former names, in order of commit. */
  readonly files: ReadonlyArray<CommitFile>
  /** Contents that the file had when the record began: blob ids. */
  readonly baselines: ReadonlyArray<string>
  /** Contents that the file had on disk when the record began, and git had not: blob ids. */
  readonly found: ReadonlyArray<string>
  /** Whether any file, of whatever name, had this content then. */
  readonly wasFound: (oid: string) => boolean
  /** In order, per checkout. */
  readonly moves: ReadonlyArray<Move>
  /** What the other parents of a merge had at a path: blob ids. */
  readonly otherParents: (commit: string, path: string) => ReadonlyArray<string>
  /** The lines of a content by its blob id; undefined when nobody has it any more, or it has none. */
  readonly lines: (oid: string) => ReadonlyArray<string> | undefined
  /** Whether `ancestor` comes before `commit` in the history that is asked about. Null: the working tree on top of it. */
  readonly precedes: (ancestor: string, commit: string | null) => boolean
  /** Whether a branch, tag or stash still leads to a commit. */
  readonly isLive: (commit: string) => boolean
  /** Whether a call ran in the project between two times that may have changed any file, and nobody looked. */
  readonly wasBlind: (from: number, to: number) => boolean
  /** What an imported record says of a line (1-based) of a file in a commit. */
  readonly imported: (commit: string, path: string, line: number) => Attribution | undefined
  /** Changes of other files in the same session near a change that took out several lines in a row, for what was moved. */
  readonly removalsBeside: (change: Change) => ReadonlyArray<Change>
  /** Earlier changes of other files that led to the same content: copies. */
  readonly sameContent: (oid: string, path: string, before: number) => ReadonlyArray<Change>
  /** The changed file that a new one resembles most, when it is nearly all there: its last change. */
  readonly resembled: (path: string, lines: ReadonlyArray<string>) => Change | undefined
  /** Other files of a commit (null: that differ on disk from HEAD), for what was moved between files. */
  readonly siblings: (commit: string | null, path: string) => ReadonlyArray<CommitFile>
  /** Owners of a file of another lineage, by a change or a commit of it. */
  readonly elsewhere: (path: string) => Lineage | undefined
}

/** Owners of the lines of one file, through all its states. */
export interface Lineage {
  readonly ofChange: (change: Change) => Owned | undefined
  readonly ofCommit: (commit: string, path: string) => Owned | undefined
  /** Of a content that is known by its blob id, as it was before a change, before a commit, or in HEAD (null). */
  readonly ofState: (path: string, oid: string, of: Change | string | null) => Owned | undefined
}

export type Owned = ReadonlyArray<Attribution>
