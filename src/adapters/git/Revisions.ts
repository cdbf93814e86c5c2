/** What revisions name (gitrevisions(7)). */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { nearest } from "../../app/nearest.ts"
import { type HistoryFailure, RevisionUnknown } from "../../app/ports/History.ts"
import { GitFailed } from "../../app/ports/Repositories.ts"
import { isRevision } from "./Commits.ts"
import { run, text } from "./Git.ts"
import { headOf, layoutOf, read } from "./Layout.ts"
import { isAbsent } from "./Objects.ts"

export const commitOf = (checkout: string, revision: string): Effect.Effect<string, RevisionUnknown | HistoryFailure> =>
  Effect.gen(function* () {
    if (isRevision(revision)) {
      // ":/TEXT" is a commit, and takes all that follows for its text.
      const found = (yield* resolve(checkout, revision.startsWith(":/") ? revision : `${revision}^{commit}`)).trim()
      if (/^[0-9a-f]{40,64}$/.test(found)) return found
    }
    return yield* new RevisionUnknown({ revision, hint: yield* hintFor(checkout, revision) })
  })

/** "" when it names nothing. */
const resolve = (checkout: string, revision: string) =>
  text(checkout, ["rev-parse", "--verify", "--quiet", revision], { codes: [0, 1] }).pipe(
    Effect.catchTag("GitFailed", (failure) => (isAbsent(failure) ? Effect.succeed("") : Effect.fail(failure)))
  )

const hintFor = (checkout: string, revision: string) =>
  Effect.gen(function* () {
    const { commit, shallow } = yield* head(checkout)
    if (commit === null && revision === "HEAD") return "There is no commit yet."
    const names = yield* text(checkout, ["for-each-ref", "--format=%(refname:short)"])
    const near = nearest(revision, names.split("\n"))
    if (near !== undefined && near !== "") return `Did you mean ${near}?`
    return shallow ? "The clone is shallow; git fetch --unshallow gets the rest." : "git log --all lists what there is."
  })

export const head = (checkout: string) =>
  Effect.gen(function* () {
    const layout = layoutOf(checkout)
    if (layout === undefined)
      return yield* new GitFailed({ path: checkout, operation: "rev-parse", detail: "there is no repository" })
    const shallow = read(join(layout.commonDir, "shallow")) !== undefined
    const known = headOf(layout)
    if (known !== undefined) return { ...known, shallow }
    const commit = (yield* resolve(checkout, "HEAD^{commit}")).trim()
    const branch = (yield* text(checkout, ["symbolic-ref", "--quiet", "--short", "HEAD"], { codes: [0, 1] })).trim()
    return { commit: commit || null, branch: branch || null, shallow }
  })

/** A commit that is not there is nobody's ancestor or descendant. */
export const isAncestor = (
  checkout: string,
  ancestor: string,
  commit: string
): Effect.Effect<boolean, HistoryFailure> =>
  isRevision(ancestor) && isRevision(commit)
    ? run(checkout, ["merge-base", "--is-ancestor", ancestor, commit], { codes: [0, 1] }).pipe(
        Effect.map(({ code }) => code === 0),
        Effect.catchTag("GitFailed", (failure) => (isAbsent(failure) ? Effect.succeed(false) : Effect.fail(failure)))
      )
    : Effect.succeed(false)
