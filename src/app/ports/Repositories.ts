/** The port to version control: which repository a folder belongs to. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { RepositoryFacts } from "../../domain/Project.ts"

/** There is no working tree of a repository here. */
export class NotARepository extends Schema.TaggedError<NotARepository>()("NotARepository", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.path} ${this.reason}`
  }
}

/** There is no git on this machine, or none that can be found. */
export class GitMissing extends Schema.TaggedError<GitMissing>()("GitMissing", {}) {
  override get message() {
    return "git cannot be found. Install it, or add its folder to PATH."
  }
}

/** git failed at something that it should be able to do. */
export class GitFailed extends Schema.TaggedError<GitFailed>()("GitFailed", {
  path: Schema.String,
  operation: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `git ${this.operation} failed in ${this.path}: ${this.detail}`
  }
}

export interface Checkout {
  /** The top folder, as the given path leads there. */
  readonly top: string
  /** The same with symbolic links resolved: how it is known. */
  readonly path: string
}

export class Repositories extends Context.Tag("nexus/app/Repositories")<
  Repositories,
  {
    /** The checkout that a folder is in, by looking at the file system alone; undefined when it is in none. */
    readonly checkoutOf: (folder: string) => Checkout | undefined
    /** Whether a checkout has no commit yet, as far as files alone tell. */
    readonly isEmpty: (checkout: Checkout) => boolean
    /** What a checkout's project is recognised by. Starts git. */
    readonly facts: (checkout: Checkout) => Effect.Effect<RepositoryFacts, GitFailed | GitMissing>
    /**
     * The id of the tree that all files make which git does not ignore, as they are on disk, committed or not. Leaves nothing in
     * the repository.
     */
    readonly treeOf: (checkout: Checkout) => Effect.Effect<string, GitFailed | GitMissing>
    /** The same, with the paths of a commit that are neither there any more nor, as far as git can tell, elsewhere. */
    readonly treeSince: (
      checkout: Checkout,
      base: string
    ) => Effect.Effect<{ readonly tree: string; readonly gone: ReadonlyArray<string> }, GitFailed | GitMissing>
    /** The commit that a checkout is at, by looking at files alone; null before the first one. */
    readonly headOf: (checkout: Checkout) => string | null
    /** Why a folder is in no checkout, in words that complete "FOLDER …". */
    readonly explain: (folder: string) => Effect.Effect<string>
  }
>() {}
