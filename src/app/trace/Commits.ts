/** What commits introduced: the lines that each added, whose they are, and what it took out. */
import * as Effect from "effect/Effect"
import type {
  AttributedCommit,
  AttributedFile,
  AttributedRange,
  Attribution,
  UnknownReason
} from "../../domain/attribution/Attribution.ts"
import { rangesOf } from "../../domain/attribution/Owners.ts"
import * as Projects from "../../projections/Projects.ts"
import { EventLog } from "../../events/EventLog.ts"
import { type Commit, type FileChange, History } from "../ports/History.ts"
import { checkoutHere } from "../ProjectOf.ts"
import { isoTime } from "../isoTime.ts"
import { gather, type Past } from "./Past.ts"
import { scanned } from "./Scanned.ts"

/** The full ids of a range's commits, oldest first; without a range: everything HEAD reaches since recording began. */
export const commitsOf = (range: string | undefined) =>
  Effect.gen(function* () {
    const checkout = yield* checkoutHere
    const history = yield* History
    const { project } = yield* scanned(checkout)
    const { database } = yield* EventLog
    const { commit: head } = yield* history.head(checkout.path)
    if (range === undefined && head === null) return []
    const since = Projects.find(database, project)?.registered ?? 0
    const commits = yield* history.commits(
      checkout.path,
      // Commits count in seconds.
      range === undefined ? { revisions: ["HEAD"], since: since - 1000 } : { revisions: [range] }
    )
    return commits.map(({ commit }) => commit).reverse()
  })

/** What commits introduced, in the order asked for. Full commit ids; those that are not there are left out. */
export const attributedCommits = (ids: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    if (ids.length === 0) return []
    const checkout = yield* checkoutHere
    const history = yield* History
    const { project } = yield* scanned(checkout)
    const facts = new Map<string, Commit>()
    for (const one of yield* history.commits(checkout.path, { revisions: ["--no-walk=unsorted", ...ids] }))
      facts.set(one.commit, one)
    const changes = yield* history.changes(checkout.path, ids)
    const singles = ids.filter((id) => (facts.get(id)?.parents.length ?? 0) < 2)
    const added = yield* history.added(checkout.path, singles)
    const { commit: head } = yield* history.head(checkout.path)
    const past = yield* gather({
      project,
      checkout: checkout.path,
      head: ids.length === 1 ? (ids[0] ?? null) : head,
      paths: [...new Set(ids.flatMap((id) => (changes.get(id) ?? []).map(({ path }) => path)))],
      origins: ids.flatMap((commit) => (changes.get(commit) ?? []).map(({ path }) => ({ commit, path }))),
      contents: ids.flatMap((id) => (changes.get(id) ?? []).flatMap((change) => mayHaveNoLines(change, added.get(id))))
    })
    return yield* Effect.forEach(
      ids.flatMap((id) => facts.get(id) ?? []),
      (fact) =>
        Effect.gen(function* () {
          const files = yield* Effect.forEach(changes.get(fact.commit) ?? [], (change) =>
            Effect.gen(function* () {
              const lines =
                fact.parents.length > 1
                  ? yield* blamedLines(checkout.path, fact.commit, change)
                  : (added.get(fact.commit)?.get(change.path) ?? []).flatMap(([start, count]) =>
                      Array.from({ length: count }, (_, index) => start + index)
                    )
              return attributedFile(past, fact.commit, change, lines)
            })
          )
          return attributedCommit(fact, files)
        })
    )
  })

/** Contents without added lines, and short ones, which may be pointers, are looked at for what they are. */
const mayHaveNoLines = (
  { path, after, before, kind }: FileChange,
  added: ReadonlyMap<string, ReadonlyArray<readonly [number, number]>> | undefined
): ReadonlyArray<string> => {
  const count = (added?.get(path) ?? []).reduce((sum, [, lines]) => sum + lines, 0)
  return kind === "file" && count <= 4 ? [after ?? before ?? ""] : []
}

/** Of a merge: the lines that no parent has. */
const blamedLines = (checkout: string, commit: string, { path, after, kind }: FileChange) =>
  Effect.gen(function* () {
    if (after === null || kind !== "file") return []
    const origins = (yield* (yield* History).blame(checkout, path, commit)) ?? []
    return origins.flatMap((origin, index) => (origin.commit === commit ? [index + 1] : []))
  })

const attributedFile = (
  past: Past,
  commit: string,
  { path, from, before, after, kind }: FileChange,
  lines: ReadonlyArray<number>
): AttributedFile => {
  const special = kind === "file" ? past.kindOf(after ?? before) : kind
  if (special !== undefined) return { path, from, ranges: [], deletions: [], kind: special }
  const lineage = past.lineage(path)
  const owners: Array<Attribution> = []
  for (const line of lines) owners[line - 1] = lineage.lineOf(commit, path, line)
  const ranges = rangesOf([...owners], sameAttribution).flatMap(
    ({ start, end, value }): ReadonlyArray<AttributedRange> => (value === undefined ? [] : [{ start, end, ...value }])
  )
  const isMode = before === after && before !== null
  return { path, from, ranges, deletions: lineage.deletionsOf(commit, path), ...(isMode ? { kind: "mode" } : {}) }
}

const sameAttribution = (a: Attribution | undefined, b: Attribution | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b))

const attributedCommit = (fact: Commit, files: ReadonlyArray<AttributedFile>): AttributedCommit => {
  const reasons = new Map<UnknownReason, number>()
  let captured = 0
  let inferred = 0
  let missing = 0
  for (const { start, end, evidence, reason = "content-lost" } of files.flatMap(({ ranges }) => ranges)) {
    const lines = end - start + 1
    if (evidence === null) {
      missing += lines
      reasons.set(reason, (reasons.get(reason) ?? 0) + lines)
    } else if (evidence === "direct" || evidence === "replayed") captured += lines
    else inferred += lines
  }
  return {
    commit: fact.commit,
    parents: fact.parents,
    author: fact.author,
    authored: isoTime(fact.authored),
    subject: fact.subject,
    files,
    completeness: { captured, inferred, missing, reasons: [...reasons].map(([reason, lines]) => ({ reason, lines })) }
  }
}
