/** `nexus trace notes`: attribution that travels with the repository, as notes on its commits (git-notes(1)). */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { noteOf, recordOfNote } from "../../domain/attribution/GitAiBridge.ts"
import { formatNote, parseNote } from "../../domain/attribution/GitAiNote.ts"
import { EventLog } from "../../events/EventLog.ts"
import type { Progress } from "../../projections/Projections.ts"
import { NotFound } from "../Find.ts"
import { Nexus } from "../Nexus.ts"
import type { JsonObject } from "../ports/Agent.ts"
import { type Commit, History } from "../ports/History.ts"
import { checkoutHere } from "../ProjectOf.ts"
import { commitsHere, type ImportReport, type Incoming, readRecords, record } from "./Import.ts"
import { type RecordedCommit, records, sha256 } from "./CommitRecords.ts"

/** Where Nexus keeps Agent Trace records, one a commit, and where git-ai keeps its authorship logs. */
export const refs = { nexus: "refs/notes/nexus", gitAi: "refs/notes/ai" } as const

export interface WriteReport {
  readonly ref: string
  /** Notes that are new or have changed. */
  readonly written: number
  readonly unchanged: number
  /** What could not be written, by commit, with the reason. */
  readonly skipped: ReadonlyArray<{ readonly name: string; readonly reason: string }>
}

/**
 * Writes a note for each commit of the range of which something is known. With `gitAi` also git-ai's; one that git-ai wrote
 * itself is left as it is unless `force` is given.
 */
export const write = (
  range: string | undefined,
  options: { readonly gitAi: boolean; readonly force: boolean },
  report: Progress
) =>
  Effect.gen(function* () {
    const { path } = yield* checkoutHere
    const history = yield* History
    const known = [...(yield* Stream.runCollect(records(range, report)))].flat().filter(isTelling)
    const put = (ref: string, notes: ReadonlyMap<string, string>, skipped: WriteReport["skipped"]) =>
      Effect.gen(function* () {
        const present = yield* history.notes(path, ref, [...notes.keys()])
        const changed = new Map(
          [...notes].filter(([commit, note]) => present.get(commit)?.trimEnd() !== note.trimEnd())
        )
        if (changed.size > 0) yield* history.writeNotes(path, ref, changed)
        return { ref, written: changed.size, unchanged: notes.size - changed.size, skipped } satisfies WriteReport
      })
    const notes = new Map(known.map(({ commit, record: one }) => [commit.commit, `${JSON.stringify(one)}\n`]))
    const nexus = yield* put(refs.nexus, notes, [])
    if (!options.gitAi) return [nexus]
    const { notes: theirs, skipped } = yield* gitAiNotes(known, options.force)
    return [nexus, yield* put(refs.gitAi, theirs, skipped)]
  })

/** A note that says nothing but "unknown" would only fill the repository. */
const isTelling = ({ commit: { completeness, files } }: RecordedCommit): boolean =>
  completeness.captured + completeness.inferred > 0 || files.some(({ deletions }) => deletions.length > 0)

const gitAiNotes = (known: ReadonlyArray<RecordedCommit>, force: boolean) =>
  Effect.gen(function* () {
    const { path } = yield* checkoutHere
    const { version } = yield* Nexus
    const { device: log } = yield* EventLog
    const present = yield* (yield* History).notes(
      path,
      refs.gitAi,
      known.map(({ commit }) => commit.commit)
    )
    const notes = new Map<string, string>()
    const skipped: Array<WriteReport["skipped"][number]> = []
    for (const { commit } of known) {
      const made = noteOf(commit, { version, log, sha256 })
      if (made === undefined) continue
      const name = commit.commit
      const there = present.get(name)
      if (there !== undefined && !force && !isOurs(there)) {
        skipped.push({ name, reason: "its note is not from Nexus; --force writes over it" })
        continue
      }
      for (const file of made.omitted)
        skipped.push({ name, reason: `git-ai's form cannot name ${JSON.stringify(file)}` })
      notes.set(name, formatNote(made.note))
    }
    return { notes, skipped }
  })

const isOurs = (note: string): boolean =>
  Either.match(parseNote(note), {
    // Somebody else's all the more.
    onLeft: () => false,
    onRight: ({ metadata }) => metadata.nexus_version !== undefined && metadata.git_ai_version == null
  })

/** Imports the notes of both refs, as far as they are there. */
export const read = (report: Progress) =>
  Effect.gen(function* () {
    const { path } = yield* checkoutHere
    const history = yield* History
    const here = yield* commitsHere
    const reports: Array<ImportReport> = []
    for (const [ref, format, reader] of readers) {
      const notes = [...(yield* history.notes(path, ref))]
      if (notes.length === 0) continue
      const read = notes.map(([commit, note]) =>
        Either.mapLeft(reader(commit, note, here), (reason) => ({ name: commit, reason }))
      )
      const incoming = read.flatMap((one) => (Either.isRight(one) ? [one.right] : []))
      const skipped = read.flatMap((one) => (Either.isLeft(one) ? [one.left] : []))
      reports.push({ ...(yield* record(ref, format, incoming, here, report)), skipped })
    }
    return reports
  })

type Reader = (commit: string, note: string, here: ReadonlyMap<string, Commit>) => Either.Either<Incoming, string>

/** A note that git copied to another commit (`notes.rewriteRef`) tells of lines that may stand elsewhere there. */
const readNexusNote: Reader = (commit, note) =>
  Either.flatMap(readRecords(note), ({ incoming }) => {
    const [one] = incoming
    return one?.commit === commit ? Either.right(one) : Either.left("it is about another commit")
  })

/** git-ai keeps its notes up to date itself when history is rewritten. */
const readGitAiNote: Reader = (commit, note, here) =>
  Either.map(parseNote(note), (parsed) => {
    const time = new Date(here.get(commit)?.authored ?? 0).toISOString()
    return { commit, record: recordOfNote(parsed, commit, time, sha256) as unknown as JsonObject }
  })

const readers = [
  [refs.nexus, "agent-trace", readNexusNote],
  [refs.gitAi, "git-ai", readGitAiNote]
] as const

/** Sends notes to a remote. */
export const push = (remote: string, gitAi: boolean) =>
  Effect.gen(function* () {
    const { path } = yield* checkoutHere
    const history = yield* History
    for (const ref of wanted(gitAi)) {
      if ((yield* history.notes(path, ref)).size === 0) {
        const hint = `Write them first: nexus trace notes write${ref === refs.gitAi ? " --git-ai" : ""}`
        return yield* new NotFound({ what: "note under", name: ref, hint })
      }
      yield* history.pushNotes(path, remote, ref)
    }
    return { remote, refs: wanted(gitAi) }
  })

/** Gets notes from a remote; `read` then imports them. */
export const fetch = (remote: string, gitAi: boolean) =>
  Effect.gen(function* () {
    const { path } = yield* checkoutHere
    const history = yield* History
    yield* Effect.forEach(wanted(gitAi), (ref) => history.fetchNotes(path, remote, ref))
    return { remote, refs: wanted(gitAi) }
  })

const wanted = (gitAi: boolean): ReadonlyArray<string> => (gitAi ? [refs.nexus, refs.gitAi] : [refs.nexus])
