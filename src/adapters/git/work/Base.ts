/** Where a piece of work began, and what of the history since then is it. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { HistoryFailure, RevisionUnknown } from "../../../app/ports/History.ts"
import type { WorkCommit } from "../../../app/ports/Work.ts"
import { text } from "../Git.ts"
import { layoutOf, read, shallowCommits } from "../Layout.ts"
import { commitOf, head, isAncestor } from "../Revisions.ts"

export const base = (
  checkout: string,
  asked: string | undefined
): Effect.Effect<string | null, RevisionUnknown | HistoryFailure> =>
  Effect.gen(function* () {
    if (asked !== undefined) return yield* commitOf(checkout, asked)
    const { commit, branch } = yield* head(checkout)
    if (commit === null) return null
    const mains = branch === "main" || branch === "master" ? [] : ["refs/heads/main", "refs/heads/master"]
    for (const other of ["@{upstream}", "refs/remotes/origin/HEAD", ...mains]) {
      const found = (yield* quiet(checkout, ["merge-base", other, "HEAD"])).trim()
      if (found !== "") return found
    }
    return null
  })

/** "" when git has no answer. */
const quiet = (checkout: string, args: ReadonlyArray<string>) =>
  text(checkout, args).pipe(Effect.catchTag("GitFailed", () => Effect.succeed("")))

const fields = ["%H", "%P", "%B"]
const longest = 64 * 1024

export const commits = (
  checkout: string,
  base: string,
  limit: number
): Effect.Effect<ReadonlyArray<WorkCommit>, HistoryFailure> =>
  Effect.gen(function* () {
    if ((yield* head(checkout)).commit === null) return []
    const fetched = yield* fetchedTips(checkout)
    // What was merged from beside the base was there before it. After a rebase nothing descends from it.
    const path = (yield* isAncestor(checkout, base, "HEAD")) ? ["--ancestry-path"] : []
    const listed = yield* text(
      checkout,
      [
        "rev-list",
        "--topo-order",
        "--no-commit-header",
        "--encoding=UTF-8",
        `--max-count=${limit}`,
        `--format=${fields.join("%x00")}%x00`,
        ...path,
        "--stdin"
      ],
      { input: ["HEAD", `^${base}`, ...fetched.map((tip) => `^${tip}`)].map((line) => `${line}\n`).join("") }
    )
    const cut = shallowCommits(checkout)
    const values = listed.split("\0")
    const found: Array<WorkCommit> = []
    for (let at = 0; at + fields.length <= values.length - 1; at += fields.length) {
      const [first = "", parents = "", message = ""] = values.slice(at, at + fields.length)
      const commit = first.trim()
      if (!cut.has(commit))
        found.push({ commit, parents: parents === "" ? [] : parents.split(" "), message: message.slice(0, longest) })
    }
    return found
  })

/**
 * What remote branches were like when they were last fetched, not pushed to: the work of others. A reflog's line tells which it
 * was (git-push(1) writes "update by push").
 */
const fetchedTips = (checkout: string) =>
  Effect.map(
    quiet(checkout, [
      "for-each-ref",
      "--format=%(objectname) %(objecttype) %(refname)",
      "--count=1000",
      "refs/remotes"
    ]),
    (listed) => {
      const layout = layoutOf(checkout)
      return listed.split("\n").flatMap((line) => {
        const [oid = "", type, ref = ""] = line.split(" ")
        if (type !== "commit") return []
        const log = layout === undefined || layout.tables ? undefined : read(join(layout.commonDir, "logs", ref))
        return tipsOf(log ?? "", oid)
      })
    }
  )

const tipsOf = (log: string, oid: string): ReadonlyArray<string> => {
  const moves = log.split("\n").filter((line) => line !== "")
  const fetched = moves.findLast((line) => !line.endsWith("\tupdate by push"))?.split(" ", 2)[1]
  const known = moves.length === 0 ? oid : (fetched ?? moves[0]?.split(" ", 1)[0])
  return known === undefined || !/^(?!0+$)[0-9a-f]{40,64}$/.test(known) ? [] : [known]
}
