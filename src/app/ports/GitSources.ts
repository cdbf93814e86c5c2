/** The port to repositories that templates come from: what is fetched stays in a folder of ours, and nothing of it is run. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { GitFailed, GitMissing } from "./Repositories.ts"

export interface Fetched {
  readonly commit: string
  /** Why the source itself was not asked, or did not answer: this is what it was when it was fetched last. */
  readonly stale: string | undefined
}

export class GitSources extends Context.Tag("nexus/app/GitSources")<
  GitSources,
  {
    /**
     * The commit that a branch, tag or commit (`HEAD`: what the source has checked out) is at an address, fetched without its
     * history into the repository `cache`, which is made if need be. Fails when it was never fetched and can't be now.
     */
    readonly fetch: (cache: string, address: string, ref: string) => Effect.Effect<Fetched, GitFailed | GitMissing>
    /** Writes a folder of a commit ("": all of it) into an empty one, byte for byte as it was committed, of `most` bytes in all. */
    readonly write: (
      cache: string,
      commit: string,
      folder: string,
      to: string,
      most: number
    ) => Effect.Effect<void, GitFailed | GitMissing>
  }
>() {}
