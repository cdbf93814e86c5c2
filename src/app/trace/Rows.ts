/** Sources of rows for `nexus trace query`: attributed lines, with what is known of their events and commits. */
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import type { BlamedFile } from "../../domain/attribution/Attribution.ts"
import { rangesOf } from "../../domain/attribution/Owners.ts"
import type { Plan } from "../../domain/attribution/query/Plan.ts"
import type { QueryRow } from "../../domain/attribution/query/Row.ts"
import { modelId } from "../../domain/attribution/ModelId.ts"
import type { ProjectId } from "../../domain/Ids.ts"
import type { Database } from "../../events/Database.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Changes from "../../projections/Attribution.ts"
import { Nexus } from "../Nexus.ts"
import { History } from "../ports/History.ts"
import { checkoutHere } from "../ProjectOf.ts"
import { eventFacts } from "./EventFacts.ts"
import { gather } from "./Past.ts"
import { scanned } from "./Scanned.ts"
import * as Trace from "./Trace.ts"

/**
 * The lines of files as the log last knew them, without asking git: of the files that the index of writers admits, and where
 * a plan admits what people wrote, of all files that agents ever changed. Deleted lines only if it speaks of them.
 */
export const recorded = (plan: Plan) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const checkout = yield* checkoutHere
    const { project } = yield* scanned(checkout)
    const paths = candidates(database, project, plan)
    const past = yield* gather({ project, checkout: checkout.path, head: null, paths })
    const ranges = paths.flatMap((file): ReadonlyArray<Range> => {
      const last = past.latest(file)
      const owners = last === undefined ? [] : (past.lineage(file).ofChange(last) ?? [])
      const present = rangesOf(
        owners.map((attribution) => ({ attribution, key: JSON.stringify(attribution) })),
        (a, b) => a.key === b.key
      ).map(({ start, end, value }) => ({
        ...nowhere,
        file,
        start,
        end,
        attribution: value.attribution,
        deleted: false
      }))
      const gone =
        plan.asks("deleted") && plan.admits({ deleted: true })
          ? past.changes(file).flatMap((change) => past.lineage(file).removedBy(change))
          : []
      return [
        ...present,
        ...gone.map(({ start, end, owner }) => ({ ...nowhere, file, start, end, attribution: owner, deleted: true }))
      ]
    })
    return yield* withFacts(
      ranges.filter(({ attribution }) => plan.contributors.includes(attribution.contributor.type)),
      plan
    )
  })

const nowhere = { commit: null, author: null }
const nobody = { model: null, session: null, agent: null }

const candidates = (database: Database, project: ProjectId, plan: Plan): ReadonlyArray<string> => {
  // What people wrote, and what nobody knows, has no model and no session.
  const others = (["human", "unknown"] as const).map((contributor) => ({ contributor, ...nobody }))
  if (others.some(plan.admits)) return Changes.pathsOf(database, project).filter((path) => plan.admits({ path }))
  const known = new Map(Changes.models(database, project).map((model) => [model, modelId(model)]))
  const models = [...known].flatMap(([name, model]) => (plan.admits({ model: name === "" ? null : model }) ? name : []))
  const written = Changes.writers(database, project, models)
  return [...new Set(written.flatMap(({ path, session }) => (plan.admits({ path, session }) ? path : [])))]
}

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
    return yield* withFacts(files.flat().flatMap(attributedRanges), plan)
  })

interface Range extends Pick<QueryRow, "file" | "start" | "end" | "attribution" | "commit" | "author" | "deleted"> {}

const withFacts = (ranges: ReadonlyArray<Range>, plan: Plan) =>
  Effect.gen(function* () {
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
      const row = { ...range, attribution, agent, tool, time }
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
  return rangesOf(shown, (a, b) => a.key === b.key).map(({ start, end, value }) => ({
    file,
    start,
    end,
    deleted: false,
    ...value.of
  }))
}
