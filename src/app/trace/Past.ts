/**
 * What the log knows of a repository's files, gathered for one question: the facts that owners of lines are derived from.
 *
 * What takes git is asked once for all files (`gather`); the rest is looked up in the read models as it is needed.
 */
import * as Effect from "effect/Effect"
import type { Attribution as LineAttribution } from "../../domain/attribution/Attribution.ts"
import { Ancestry } from "../../domain/attribution/Ancestry.ts"
import { bySequence, creationsOf } from "../../domain/attribution/Creation.ts"
import type { Change, CommitFact, CommitFile, Facts } from "../../domain/attribution/Facts.ts"
import { type LineOwners, lineOwners } from "../../domain/attribution/LineOwners.ts"
import { fewestMoved } from "../../domain/attribution/Moves.ts"
import { modelId } from "../../domain/attribution/ModelId.ts"
import { type Algorithm, currentAlgorithm, decode, transition } from "../../domain/attribution/Transition.ts"
import { lineOwner, type TraceRecord } from "../../domain/attribution/TraceRecord.ts"
import type { ProjectId } from "../../domain/Ids.ts"
import { reader } from "../../events/Blobs.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Changes from "../../projections/Attribution.ts"
import { isBinary, isPointer, linesIn } from "../../projections/ContentLines.ts"
import * as History from "../../projections/History.ts"
import * as Projects from "../../projections/Projects.ts"
import { gitOid } from "../ContentStore.ts"
import { type Family, familyFrom, fileOf, remadeBy } from "./Family.ts"
import * as Port from "../ports/History.ts"
import { Secrets } from "../ports/Secrets.ts"
import { cleanText } from "../RedactPayload.ts"

/** Larger contents of commits are not compared: their lines are unknown. */
const largest = 16 * 1024 * 1024

export interface Past {
  /** Owners of a file's lines, under whatever name it is given. */
  readonly lineage: (path: string) => LineOwners
  /** The last recorded change of a file that left one. */
  readonly latest: (path: string) => Change | undefined
  /** Every recorded change of a file. */
  readonly changes: (path: string) => ReadonlyArray<Change>
  /** Facts about a commit, where they are known. */
  readonly commit: (commit: string) => CommitFact | undefined
  /** The lines of a content by its blob id, as far as it was asked for. */
  readonly lines: (oid: string) => ReadonlyArray<string> | undefined
  /** What a content without lines is; undefined for text, and for what was not asked for. */
  readonly kindOf: (oid: string | null) => "binary" | "lfs" | undefined
}

export interface Question {
  readonly project: ProjectId
  readonly checkout: string
  /** The commit whose history counts as what led here; null in an empty repository, and for what the log alone can tell. */
  readonly head: string | null
  readonly paths: ReadonlyArray<string>
  /** Commits that lines of these files are from, and the files' paths in them. */
  readonly origins?: ReadonlyArray<{ readonly commit: string | null; readonly path: string }>
  /** Files that differ from `head` on disk (`after`, null when gone). */
  readonly pending?: ReadonlyArray<Port.PendingChange & { readonly after: Buffer | null }>
  /** Blob ids of contents at `head` and elsewhere that are needed besides. */
  readonly contents?: ReadonlyArray<string>
  /** Only what was recorded up to this position. */
  readonly until?: number
  readonly algorithm?: Algorithm
}

export const gather = (question: Question) =>
  Effect.gen(function* () {
    const { project, checkout, head, until = Number.MAX_SAFE_INTEGER, algorithm = currentAlgorithm } = question
    const { database } = yield* EventLog
    const { redact } = yield* Secrets
    const history = yield* Port.History
    const since = Projects.find(database, project)?.registered ?? 0
    const moves = History.moves(database, project).map((row) => ({ ...row, from: row.source, to: row.target }))
    // What was rewritten is known by what it was before, which only reflogs may still hold.
    const isRewritten = moves.some(({ verb }) => /^(?:rebase|pull|cherry-pick)/.test(verb))
    const listed = (revision: string) => history.commits(checkout, { revisions: [revision], since: since - day })
    const [ancestors, remembered] =
      head === null
        ? [[], []]
        : yield* Effect.all([ancestorsOf(checkout, head, since), isRewritten ? listed("--reflog") : nothing], together)
    const order = new Map(ancestors.map(({ commit }, index) => [commit, index]))
    const commits = new Map<string, CommitFact>()
    for (const row of History.commits(database, project)) commits.set(row.oid, factOf(row))
    for (const { commit, parents, authorKey, authored, committed, reverts = null, pickedFrom = null } of ancestors)
      commits.set(commit, { commit, parents, authorKey, authored, committed, reverts, pickedFrom })
    for (const one of remembered)
      if (!commits.has(one.commit)) commits.set(one.commit, { ...one, reverts: null, pickedFrom: null })
    const filesByCommit = new Map<string, ReadonlyArray<CommitFile>>()
    const loadFiles = (oids: ReadonlyArray<string>) => {
      const missing = [...new Set(oids)].filter((oid) => !filesByCommit.has(oid))
      if (missing.length === 0) return
      for (const [oid, rows] of History.changesOfAll(database, project, missing))
        filesByCommit.set(oid, rows.map(fileOf))
    }
    const filesOf = (commit: string): ReadonlyArray<CommitFile> => {
      loadFiles([commit])
      return filesByCommit.get(commit) ?? []
    }
    loadFiles((question.origins ?? []).flatMap(({ commit }) => commit ?? []))
    const families = new Map<string, Family>()
    const unseen = head === null ? [] : yield* filesUnseen(checkout, commits, question.origins ?? [], filesOf)
    const pending = (question.pending ?? []).map((change) => ({
      ...change,
      commit: "",
      after: change.after === null ? null : gitOid(change.after)
    }))
    const ancestry = new Ancestry(commits)
    const precedes = (ancestor: string, commit: string | null) =>
      commit === null ? order.has(ancestor) : ancestry.leads(ancestor, commit)
    const sequence = bySequence(commits, creationsOf(moves, commits).made)
    const remade = remadeBy(commits, precedes)
    const familyOf = (path: string): Family => {
      let family = families.get(path)
      if (family === undefined) {
        const more = [...unseen, ...pending.map((change) => ({ ...change, before: null, after: null }))]
        const otherNames = (files: ReadonlyArray<CommitFile>) =>
          files.flatMap(({ commit }) => remade(commit).flatMap(filesOf))
        family = familyFrom({ database, project, path, until, sequence, more, otherNames })
        for (const name of family.names) if (!families.has(name)) families.set(name, family)
      }
      return family
    }
    const asked = question.paths.map(familyOf)
    const strangers = asked.some(({ files }) => files.some(({ commit }) => !order.has(commit)))
    const merges =
      head === null ? new Map<string, ReadonlyArray<string>>() : yield* mergeParents(asked, commits, checkout)
    loadFiles(asked.flatMap(({ files }) => files.map(({ commit }) => commit)))
    const wanted = new Set(question.contents)
    for (const { changes, files, baselines } of asked) {
      // A file that no agent ever touched needs no comparing: nobody's lines but its committers' are in it.
      const mine = changes.length === 0 ? files.filter((file) => unseen.includes(file)) : files
      if (changes.length > 0) for (const oid of baselines) wanted.add(oid)
      for (const file of [...mine, ...mine.flatMap(({ commit }) => filesOf(commit))])
        for (const oid of [file.before, file.after]) if (oid !== null) wanted.add(oid)
    }
    for (const { before } of pending) if (before !== null) wanted.add(before)
    for (const oids of merges.values()) for (const oid of oids) wanted.add(oid)
    const stored = reader(database)
    const storedAs = new Map<string, string | undefined>()
    /** The name of our copy of a content; undefined when there is none. */
    const blobOf = (oid: string): string | undefined => {
      if (!storedAs.has(oid))
        storedAs.set(oid, Changes.blobOf(database, oid) ?? History.keptBlob(database, project, oid))
      return storedAs.get(oid)
    }
    const contents = new Map<string, Buffer>()
    let live: ReadonlySet<string> | undefined
    if (head !== null) {
      const elsewhere = [...wanted].filter((oid) => blobOf(oid) === undefined)
      const [found, reached] = yield* Effect.all(
        [history.blobs(checkout, elsewhere, largest), strangers ? listed("--all") : nothing],
        together
      )
      for (const [oid, content] of found) contents.set(oid, content)
      // What git has forgotten is dead as well, so that asking after a `git gc` gives the same answer.
      if (strangers) live = new Set(reached.map(({ commit }) => commit))
      stored.soon([...wanted].flatMap((oid) => blobOf(oid) ?? []))
    }
    for (const { after } of question.pending ?? []) if (after !== null) contents.set(gitOid(after), after)
    const isRedacted = asked.some(({ changes }) => changes.some(({ redacted }) => redacted === 1))
    const known = new Map<string, ReadonlyArray<string> | undefined>()

    const lines = (oid: string) => {
      if (!known.has(oid)) known.set(oid, find(oid))
      return known.get(oid)
    }
    /** Stored contents are without secrets; what they are compared with must be so too. */
    const find = (oid: string): ReadonlyArray<string> | undefined => {
      const blob = blobOf(oid)
      const kept = blob === undefined ? undefined : stored(blob)
      if (kept !== undefined) return linesIn(kept)
      const content = contents.get(oid)
      const found = content === undefined ? undefined : linesIn(content)
      return isRedacted ? found?.map((line) => cleanText(line, redact).text) : found
    }

    const records = new Map<string, ReadonlyArray<Imported>>()
    const importsOf = (commit: string): ReadonlyArray<Imported> => {
      let found = records.get(commit)
      if (found === undefined) {
        found = History.imported(database, project, commit).flatMap(({ record, source }) => {
          const content = stored(record)
          return content === undefined ? [] : [{ source, record: JSON.parse(content.toString("utf8")) as TraceRecord }]
        })
        records.set(commit, found)
      }
      return found
    }

    const removals = new Map<number, ReadonlyArray<Changes.TimedChange>>()
    /** Removals near a position: a stretch of the log is looked through once, whatever is asked in it. */
    const removalsAt = (position: number): ReadonlyArray<Changes.TimedChange> => {
      const found: Array<Changes.TimedChange> = []
      for (let part = Math.floor((position - near) / stretch); part * stretch <= position + near; part++) {
        let known = removals.get(part)
        if (known === undefined) {
          known = Changes.removalsBetween(database, part * stretch, (part + 1) * stretch, fewestMoved)
          removals.set(part, known)
        }
        found.push(...known.filter((row) => Math.abs(row.position - position) <= near && row.position <= until))
      }
      return found
    }

    const facts = (family: Family): Facts => ({
      since,
      changes: family.changes.map((row) => changeOf(row, algorithm, lines)),
      commits,
      files: family.files,
      baselines: family.baselines,
      found: family.found,
      wasFound: (oid) => History.isBaseline(database, project, oid),
      moves,
      otherParents: (commit, path) => merges.get(`${commit}\0${path}`) ?? [],
      lines,
      precedes,
      isLive: (commit) => live === undefined || live.has(commit),
      wasBlind: (from, to) => Changes.blindCalls(database, project, from, to).some(({ position }) => position <= until),
      imported: (commit, path, line): LineAttribution | undefined =>
        firstOf(importsOf(commit), ({ record, source }) => importedLine(record, source, path, line)),
      removalsBeside: (change) =>
        removalsAt(change.position)
          .filter(({ session, path }) => session === change.session && path !== change.path)
          .map((row) => changeOf(row, algorithm, lines)),
      sameContent: (oid, path, before) =>
        Changes.changesTo(database, project, oid)
          .filter((row) => row.path !== path && row.position < Math.min(before, until) && row.session !== null)
          .map((row) => changeOf(row, algorithm, lines)),
      siblings: (commit, path) => (commit === null ? pending : filesOf(commit)).filter((file) => file.path !== path),
      resembled: (path, text) => {
        const others = Changes.pathsOf(database, project).filter((other) => !family.names.has(other))
        const found = firstOf(others.slice(0, mostCompared), (other) => {
          const last = Changes.changesOf(database, project, [other], until).findLast(
            ({ after, session }) => after !== null && after !== "" && session !== null
          )
          const source = last === undefined ? undefined : lines(last.after ?? "")
          return source !== undefined && isNearly(source, text) ? last : undefined
        })
        return found === undefined ? undefined : changeOf(found, algorithm, lines)
      },
      elsewhere: (path) => past.lineage(path)
    })

    const lineages = new Map<Family, { readonly facts: Facts; readonly lineage: LineOwners }>()
    const lineageOf = (path: string) => {
      const family = familyOf(path)
      let found = lineages.get(family)
      if (found === undefined) {
        const told = facts(family)
        lineages.set(family, (found = { facts: told, lineage: lineOwners(told) }))
      }
      return found
    }
    const past: Past = {
      commit: (commit) => commits.get(commit),
      lines,
      kindOf: (oid) => {
        const content = contents.get(oid ?? "") ?? stored(blobOf(oid ?? "") ?? "")
        if (content === undefined) return undefined
        return isBinary(content) ? "binary" : isPointer(content) ? "lfs" : undefined
      },
      lineage: (path) => lineageOf(path).lineage,
      changes: (path) => lineageOf(path).facts.changes,
      latest: (path) => {
        const last = lineageOf(path).facts.changes.findLast((change) => change.path === path && change.after !== "")
        return last?.after === null ? undefined : last
      }
    }
    return past
  })

const day = 86_400_000

/** Questions to git that need not wait for each other. */
const together = { concurrency: "unbounded" } as const

const nothing = Effect.succeed<ReadonlyArray<Port.Commit>>([])

/** How many files are looked through for what a new one may be a copy of. */
const mostCompared = 200

/** Whether a text has at least three quarters of the lines of another, and little beside them. */
const isNearly = (source: ReadonlyArray<string>, text: ReadonlyArray<string>): boolean => {
  const says = (line: string) => /[\p{L}\p{N}]{2}/u.test(line)
  const known = new Set(text)
  const telling = source.filter(says)
  const common = telling.filter((line) => known.has(line)).length
  return common >= 3 && common >= 0.75 * telling.length && common >= 0.6 * text.filter(says).length
}

/** Commits from the record's beginning on, newest first. A HEAD with a date before it does not hide what is below. */
const ancestorsOf = (checkout: string, head: string, since: number) =>
  Effect.gen(function* () {
    const history = yield* Port.History
    const recent = yield* history.commits(checkout, { revisions: [head], since: since - day })
    return recent.length > 0 ? recent : yield* history.commits(checkout, { revisions: [head], limit: 10_000 })
  })

/** What commits that changed files of interest did to others as well, which lines may have been moved or copied to. */
const filesUnseen = (
  checkout: string,
  commits: ReadonlyMap<string, CommitFact>,
  origins: NonNullable<Question["origins"]>,
  filesOf: (commit: string) => ReadonlyArray<CommitFile>
) =>
  Effect.gen(function* () {
    const history = yield* Port.History
    const asked = new Map<string, Set<string>>()
    for (const { commit, path } of origins) {
      if (commit === null || !commits.has(commit)) continue
      const paths = asked.get(commit) ?? new Set()
      asked.set(commit, paths.add(path))
    }
    const missing = [...asked].filter(([commit, paths]) => {
      const known = new Set(filesOf(commit).map(({ path }) => path))
      return [...paths].some((path) => !known.has(path))
    })
    if (missing.length === 0) return []
    const changes = yield* history.changes(
      checkout,
      missing.map(([commit]) => commit)
    )
    return missing.flatMap(([commit, paths]) => {
      const known = new Set(filesOf(commit).map(({ path }) => path))
      return (changes.get(commit) ?? []).flatMap(({ path, from, before, after }): ReadonlyArray<CommitFile> =>
        paths.has(path) && !known.has(path) ? [{ commit, path, from, before, after }] : []
      )
    })
  })

/** How far from a change, in the log, a session's other changes are looked at for what it moved between files. */
const near = 200

/** So many positions of the log are looked through together. */
const stretch = 1000

const factOf = (row: History.CommitRow): CommitFact => ({
  commit: row.oid,
  parents: row.parents === "" ? [] : row.parents.split(" "),
  authorKey: row.author_key,
  authored: row.authored,
  committed: row.committed,
  reverts: row.reverts,
  pickedFrom: row.picked_from
})

const changeOf = (
  row: Changes.TimedChange,
  algorithm: Algorithm,
  lines: (oid: string) => ReadonlyArray<string> | undefined
): Change => ({
  ...row,
  model: row.model === null ? null : modelId(row.model, row.session?.split(":")[0]),
  modified: row.modified === 1,
  get transition() {
    if (row.hunks === null) return undefined
    if (algorithm === currentAlgorithm) return decode(row.hunks)
    const [before, after] = [row.before, row.after].map((oid) => (oid === null ? [] : lines(oid ?? "")))
    return before === undefined || after === undefined ? undefined : transition(before, after, algorithm)
  }
})

/** What the other parents of merges had at the files' paths: blob ids by commit and path. */
const mergeParents = (families: ReadonlyArray<Family>, commits: ReadonlyMap<string, CommitFact>, checkout: string) =>
  Effect.gen(function* () {
    const history = yield* Port.History
    const found = new Map<string, ReadonlyArray<string>>()
    for (const { commit, path } of families.flatMap(({ files }) => files)) {
      const [, ...others] = commits.get(commit)?.parents ?? []
      const oids: Array<string> = []
      for (const parent of others) {
        const entry = yield* history.entry(checkout, parent, path)
        if (entry !== undefined) oids.push(entry.oid)
      }
      if (oids.length > 0) found.set(`${commit}\0${path}`, oids)
    }
    return found
  })

interface Imported {
  readonly source: string
  readonly record: TraceRecord
}

const importedLine = (record: TraceRecord, source: string, path: string, line: number): LineAttribution | undefined => {
  const owner = lineOwner(record, path, line)
  return owner === undefined || owner.contributor.type === "unknown"
    ? undefined
    : { contributor: owner.contributor, session: owner.session, event: null, evidence: "recovered", imported: source }
}

const firstOf = <A, B>(all: ReadonlyArray<A>, find: (one: A) => B | undefined): B | undefined => {
  for (const one of all) {
    const found = find(one)
    if (found !== undefined) return found
  }
  return undefined
}
