/** The questions of `nexus trace`, answered: the use cases that commands and exports stand on. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { AttributedCommit, BlamedFile } from "../../domain/attribution/Attribution.ts"

/** A file that cannot be asked about, with what to do instead. */
export class NotAFile extends Schema.TaggedError<NotAFile>()("NotAFile", {
  path: Schema.String,
  reason: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return `${this.path} ${this.reason}`
  }
}

export interface BlameRequest {
  /** As the user gave it, relative to `cwd`. */
  readonly file: string
  /** A revision, or the staged content, or what is on disk (default). */
  readonly of?: { readonly revision: string } | "index" | "worktree"
  /** As of this position of the log (inclusive), instead. */
  readonly event?: number
  /** First and last line, 1-based, inclusive. */
  readonly lines?: readonly [from: number, to: number]
}

/** Who wrote each line of files in the checkout that the command was given in. */
export const blame = (_requests: ReadonlyArray<BlameRequest>): Effect.Effect<ReadonlyArray<BlamedFile>> =>
  Effect.die("not built yet")

/** What commits introduced, in the order asked for. Full commit ids. */
export const attributedCommits = (
  _commits: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<AttributedCommit>> => Effect.die("not built yet")

/** The full ids of a range's commits, oldest first; without a range: everything HEAD reaches since recording began. */
export const commitsOf = (_range: string | undefined): Effect.Effect<ReadonlyArray<string>> =>
  Effect.die("not built yet")
