/**
 * Facts about a repository's history, read from its objects and reflogs when somebody asks, and kept here so that they
 * survive `git gc`, an expired reflog and a deleted clone. Promises about bytes on disk: add a version, never edit one.
 */
import * as Schema from "effect/Schema"
import { ContentRef } from "./Content.ts"
import { ContentHash } from "./Ids.ts"

const oid = Schema.String
const text = Schema.optional(Schema.String)

/** One file of a commit against its first parent: path, path before (null: the same), blob id before and after (null: none). */
const ChangedFile = Schema.Tuple(
  Schema.String,
  Schema.NullOr(Schema.String),
  Schema.NullOr(Schema.String),
  Schema.NullOr(Schema.String)
)

/**
 * A commit that may hold attributed lines. `author` is a name, `authorKey` the first 16 hex digits of SHA-256 over
 * "name <address>" (addresses are not kept); times in milliseconds since 1970.
 */
export const CommitSeen = Schema.Struct({
  commit: oid,
  parents: Schema.Array(oid),
  author: Schema.String,
  authorKey: Schema.String,
  authored: Schema.Int,
  committed: Schema.Int,
  /** The commit that it says it reverts, or was picked from (`git cherry-pick -x`). */
  reverts: text,
  pickedFrom: text,
  /**
   * Files of interest: those that agents touched, by all their names. A commit with many, or one of whose files became of
   * interest later, has several of these events, each with other files.
   */
  files: Schema.Array(ChangedFile)
})
export type CommitSeen = typeof CommitSeen.Type

/**
 * An entry of a reflog: HEAD of one checkout moved. `verb` is the operation as git words it, without the commit's subject:
 * "commit", "commit (amend)", "commit (initial)", "rebase (pick)", "reset", "checkout", "merge", "pull", "cherry-pick", …
 * `to` and `from` are all zeros where there was none. `onto`: of a checkout, the branch that it went to.
 */
export const HeadMoved = Schema.Struct({
  checkout: Schema.String,
  from: oid,
  to: oid,
  verb: Schema.String,
  onto: text,
  /** When, by the reflog: milliseconds since 1970, to the second. */
  at: Schema.Int
})
export type HeadMoved = typeof HeadMoved.Type

/**
 * Files of a checkout that git had not as they were when the record of its project began, untracked or changed: path and blob
 * id. What is in them is older than the record. Many have several of these events.
 */
export const BaselineSeen = Schema.Struct({
  checkout: Schema.String,
  files: Schema.Array(Schema.Tuple(Schema.String, oid))
})
export type BaselineSeen = typeof BaselineSeen.Type

/** The content of a file in a commit that no branch or tag reaches any more, kept since git will forget it. */
export const ContentKept = Schema.Struct({ commit: oid, path: Schema.String, content: ContentRef })
export type ContentKept = typeof ContentKept.Type

/**
 * Attribution that was made elsewhere: one Agent Trace record (as stored content) for one commit.
 * `source`: the file it came from, or the notes ref. `format`: "agent-trace" or "git-ai".
 */
export const TraceImported = Schema.Struct({
  commit: oid,
  source: Schema.String,
  format: Schema.Literal("agent-trace", "git-ai"),
  record: ContentHash
})
export type TraceImported = typeof TraceImported.Type
