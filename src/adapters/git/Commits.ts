/** Commits: listing them (git-rev-list(1)). */
import { hash } from "node:crypto"
import * as Effect from "effect/Effect"
import { type Commit, type HistoryFailure, RevisionUnknown } from "../../app/ports/History.ts"
import type { GitFailed } from "../../app/ports/Repositories.ts"
import { text } from "./Git.ts"
import { shallowCommits } from "./Layout.ts"

export interface CommitQuery {
  readonly revisions: ReadonlyArray<string>
  readonly since?: number
  readonly paths?: ReadonlyArray<string>
  readonly limit?: number
}

/** What stands for many revisions. Nothing else that begins with "-" is a revision. */
const sets = new Set(["--no-walk=unsorted", "--all", "--reflog", "--branches", "--tags", "--remotes"])

const fields = ["%H", "%P", "%an", "%ae", "%at", "%ct", "%s", "%B"]

export const commits = (
  checkout: string,
  query: CommitQuery
): Effect.Effect<ReadonlyArray<Commit>, RevisionUnknown | HistoryFailure> =>
  Effect.gen(function* () {
    const named = query.revisions.filter((revision) => !sets.has(revision))
    const strange = named.find((revision) => !isRevision(revision))
    if (strange !== undefined) return yield* new RevisionUnknown({ revision: strange, hint: "" })
    if (query.revisions.length === 0) return []
    const format = `--format=${fields.join("%x00")}%x00`
    const listed = yield* text(
      checkout,
      [
        "rev-list",
        "--topo-order",
        "--no-commit-header",
        "--encoding=UTF-8",
        format,
        ...limits(query),
        ...query.revisions.filter((revision) => sets.has(revision)),
        "--stdin",
        "--",
        ...(query.paths ?? [])
      ],
      { input: named.map((revision) => `${revision}\n`).join("") }
    ).pipe(Effect.catchTag("GitFailed", unknownRevision))
    const boundary = shallowCommits(checkout)
    const values = listed.split("\0")
    const count = Math.floor(values.length / fields.length)
    return Array.from({ length: count }, (_, index) =>
      commitOf(values.slice(index * fields.length, (index + 1) * fields.length), boundary)
    )
  })

/** Ids of the commits that reflogs hold and no ref. */
export const unreachable = (checkout: string, since?: number): Effect.Effect<ReadonlyArray<string>, HistoryFailure> =>
  text(checkout, ["rev-list", ...limits(since === undefined ? {} : { since }), "--reflog", "--not", "--all"]).pipe(
    Effect.map((listed) => listed.split("\n").filter((line) => line !== ""))
  )

const limits = ({ since, limit, paths }: Partial<CommitQuery>): ReadonlyArray<string> => [
  ...(since === undefined ? [] : [`--max-age=${Math.floor(since / 1000)}`]),
  ...(limit === undefined ? [] : [`--max-count=${limit}`]),
  // A change that a merge threw away is a change.
  ...(paths === undefined ? [] : ["--full-history"])
]

/** Whether git would read it as a revision: neither an option nor several lines. */
export const isRevision = (text: string): boolean => text !== "" && !text.startsWith("-") && !/[\0\n]/.test(text)

const unknownRevision = (failure: GitFailed): Effect.Effect<never, GitFailed | RevisionUnknown> => {
  const [, revision] =
    /(?:bad revision|ambiguous argument|bad object|Invalid symmetric difference expression) '?(.+?)'?(?:: |\n|$)/.exec(
      failure.detail
    ) ?? []
  return Effect.fail(revision === undefined ? failure : new RevisionUnknown({ revision, hint: "" }))
}

const commitOf = (values: ReadonlyArray<string>, boundary: ReadonlySet<string>): Commit => {
  const [first = "", parents = "", author = "", address = "", authored, committed, subject = "", message = ""] = values
  // Each commit ends with a line end.
  const commit = first.trimStart()
  const reverts = /^This reverts commit ([0-9a-f]{7,64})\b/m.exec(message)?.[1]
  const trailers = trailersIn(message)
  const pickedFrom = [...message.matchAll(/^\(cherry picked from commit ([0-9a-f]{7,64})\)$/gm)].at(-1)?.[1]
  return {
    commit,
    parents: parents === "" ? [] : parents.split(" "),
    author,
    authorKey: hash("sha256", `${author} <${address}>`).slice(0, 16),
    authored: Number(authored) * 1000,
    committed: Number(committed) * 1000,
    subject,
    ...(reverts === undefined ? {} : { reverts }),
    ...(pickedFrom === undefined ? {} : { pickedFrom }),
    ...(trailers.length === 0 ? {} : { trailers }),
    ...(boundary.has(commit) ? { boundary: true } : {})
  }
}

/** The last of several paragraphs, as far as its lines are "Name: value". */
const trailersIn = (message: string): ReadonlyArray<string> => {
  const paragraphs = message.trim().split(/\n[ \t]*\n/)
  const last = paragraphs.length < 2 ? "" : (paragraphs.at(-1) ?? "")
  return last.split("\n").filter((line) => /^[A-Za-z][A-Za-z0-9-]*[ \t]*:[ \t]*\S/.test(line))
}
