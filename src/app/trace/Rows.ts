/** Sources of rows for `nexus trace query`: attributed lines, with what is known of their events and commits. */
import { existsSync } from "node:fs"
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import type { BlamedFile } from "../../domain/attribution/Attribution.ts"
import { rangesOf } from "../../domain/attribution/Owners.ts"
import type { Plan } from "../../domain/attribution/query/Plan.ts"
import type { QueryRow } from "../../domain/attribution/query/Row.ts"
import { Nexus } from "../Nexus.ts"
import { History } from "../ports/History.ts"
import { checkoutHere } from "../ProjectOf.ts"
import { eventFacts } from "./EventFacts.ts"
import * as Trace from "./Trace.ts"

/** The lines of files as they are on disk, of those that git knows. What the plan does not admit is left out. */
export const recorded = (plan: Plan) =>
  Effect.gen(function* () {
    const { top, path: checkout } = yield* checkoutHere
    const { commit } = yield* (yield* History).head(checkout)
    const paths = yield* pathsAt(commit, plan)
    return yield* rowsOf(
      paths.filter((path) => existsSync(join(top, path))),
      "worktree",
      plan
    )
  })

/** The lines of files in the commit that a revision names. What the plan does not admit is left out. */
export const atRevision = (revision: string, plan: Plan) =>
  Effect.gen(function* () {
    const { path: checkout } = yield* checkoutHere
    const commit = yield* (yield* History).commitOf(checkout, revision)
    return yield* rowsOf(yield* pathsAt(commit, plan), { revision: commit }, plan)
  })

const pathsAt = (commit: string | null, plan: Plan) =>
  Effect.gen(function* () {
    if (commit === null) return []
    const { path: checkout } = yield* checkoutHere
    return (yield* (yield* History).files(checkout, commit)).filter((path) => plan.admits({ path }))
  })

const rowsOf = (paths: ReadonlyArray<string>, of: NonNullable<Trace.BlameRequest["of"]>, plan: Plan) =>
  Effect.gen(function* () {
    const { cwd } = yield* Nexus
    const { top } = yield* checkoutHere
    const files = yield* Effect.forEach(paths, (path) =>
      Trace.blame([{ file: relative(cwd, join(top, path)), of }]).pipe(
        // Binary files, links and submodules have no lines.
        Effect.catchTag("NotAFile", () => Effect.succeed([]))
      )
    )
    const ranges = files.flat().flatMap(attributedRanges)
    const events = yield* eventFacts(
      ranges.flatMap(({ attribution: { event } }) => event ?? []),
      plan.asks("prompt")
    )
    const undated = ranges.flatMap(({ attribution: { event }, commit }) =>
      event === null && commit !== null ? commit : []
    )
    const authored = yield* authorDates([...new Set(undated)])
    return ranges.map(({ attribution, ...range }): QueryRow => {
      const { session, event } = attribution
      const { time = authored.get(range.commit ?? "") ?? null, tool = null, prompt } = events.get(event ?? 0) ?? {}
      const agent = session === null ? null : session.slice(0, session.indexOf(":"))
      const row = { ...range, attribution, agent, tool, time, deleted: false }
      return prompt === undefined ? row : { ...row, prompt }
    })
  })

/** Milliseconds since 1970. */
const authorDates = (commits: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { path: checkout } = yield* checkoutHere
    const revisions = commits.length === 0 ? [] : ["--no-walk=unsorted", ...commits]
    const known = yield* (yield* History).commits(checkout, { revisions })
    return new Map(known.map(({ commit, authored }) => [commit, authored]))
  })

const attributedRanges = ({ file, lines }: BlamedFile) => {
  const shown = lines.map(({ line: _line, text: _text, commit, author, ...attribution }) => ({
    of: { commit, author, attribution },
    key: JSON.stringify([commit, author, attribution])
  }))
  return rangesOf(shown, (a, b) => a.key === b.key).map(({ start, end, value }) => ({ file, start, end, ...value.of }))
}
