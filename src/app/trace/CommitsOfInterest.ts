/** The commits that changed files of interest: those that agents edited, by every name that git's renames give them. */
import * as Effect from "effect/Effect"
import type { Progress } from "../../projections/Projections.ts"
import { type Commit, type FileChange, History, type HistoryFailure, type RevisionUnknown } from "../ports/History.ts"
import { GitFailed } from "../ports/Repositories.ts"

/** How many commits git is asked about at once; what they changed is in memory meanwhile. */
const together = 500

/** Of more new commits than this, only those are looked at that touch a name of interest. */
const most = 1000

/** With more names than this, git takes longer to match them than to list everything. */
const mostNames = 500

export interface Search {
  readonly checkout: string
  /** Committed at or after, milliseconds since 1970. */
  readonly since: number
  /** Paths that agents edited, relative to the top of the checkout. */
  readonly edited: ReadonlyArray<string>
  /** What an earlier search ended with. */
  readonly names: ReadonlyArray<string>
  readonly tips: ReadonlyArray<string>
  readonly progress?: Progress | undefined
}

export interface Found {
  /** Newest first, with their changes of files of interest. */
  readonly commits: ReadonlyMap<string, { readonly commit: Commit; readonly files: ReadonlyArray<FileChange> }>
  readonly names: ReadonlyArray<string>
  readonly tips: ReadonlyArray<string>
}

const everything = ["--all", "--reflog"]

export const commitsOfInterest = (search: Search): Effect.Effect<Found, HistoryFailure, History> =>
  Effect.gen(function* () {
    const { checkout, since } = search
    const history = yield* History
    const commits = new Map<string, { readonly commit: Commit; readonly files: ReadonlyArray<FileChange> }>()
    const names = new Set([...search.edited, ...search.names])
    if (names.size === 0) return { commits, names: [], tips: [] }

    const list = (paths?: ReadonlyArray<string>) =>
      history
        .commits(checkout, { revisions: everything, since, ...(paths === undefined ? {} : { paths }) })
        .pipe(Effect.mapError((failure) => named(checkout, failure)))

    const examine = (listed: ReadonlyArray<Commit>) =>
      Effect.gen(function* () {
        for (let done = 0; done < listed.length; done += together) {
          search.progress?.(done, listed.length)
          const some = listed.slice(done, done + together)
          const changed = yield* history.changes(
            checkout,
            some.map(({ commit }) => commit)
          )
          addNames(names, [...changed.values()].flat())
          for (const commit of some) {
            const files = (changed.get(commit.commit) ?? []).filter((change) => isNamed(names, change))
            if (files.length > 0) commits.set(commit.commit, { commit, files })
          }
        }
      })

    const known = search.tips.map((tip) => `^${tip}`)
    const recent = yield* history.commits(checkout, { revisions: [...everything, ...known], since }).pipe(
      Effect.map((fresh) => ({ fresh, isAll: known.length === 0 })),
      // A tip that git has forgotten.
      Effect.catchTag("RevisionUnknown", () => Effect.map(list(), (fresh) => ({ fresh, isAll: true })))
    )
    // The names that all commits have been searched for.
    let searched: ReadonlySet<string> = new Set(recent.isAll ? names : search.names)
    if (recent.fresh.length <= most) yield* examine(recent.fresh)
    else searched = new Set()
    for (;;) {
      const missing = [...names].filter((name) => !searched.has(name))
      if (missing.length === 0) break
      searched = new Set(names)
      yield* examine(yield* list(missing.length > mostNames ? undefined : missing))
    }
    return { commits, names: [...names], tips: tipsOf(search.tips, recent.fresh) }
  })

/** A rename gives a file another name, at both ends; a copy gives one to what came of it. */
const addNames = (names: Set<string>, changes: ReadonlyArray<FileChange>): void => {
  const moved = changes.filter(({ from }) => from !== null)
  for (let before = -1; before !== names.size;) {
    before = names.size
    for (const { path, from, copied } of moved) {
      if (from === null) continue
      if (names.has(from)) names.add(path)
      else if (names.has(path) && copied !== true) names.add(from)
    }
  }
}

const isNamed = (names: ReadonlySet<string>, { path, from }: FileChange): boolean =>
  names.has(path) || (from !== null && names.has(from))

/** Commits from which all that was seen is reached. */
const tipsOf = (before: ReadonlyArray<string>, fresh: ReadonlyArray<Commit>): ReadonlyArray<string> => {
  const tips = new Set(before)
  for (const { commit } of fresh) tips.add(commit)
  for (const { parents } of fresh) for (const parent of parents) tips.delete(parent)
  return [...tips]
}

/** Without a revision of ours, it is a ref that is broken. */
const named = (checkout: string, failure: RevisionUnknown | HistoryFailure): HistoryFailure =>
  failure._tag === "RevisionUnknown"
    ? new GitFailed({ path: checkout, operation: "rev-list", detail: failure.message })
    : failure
