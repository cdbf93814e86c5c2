/**
 * What git knows, put on record before git forgets it: commits that changed files of interest, moves of HEAD, and contents
 * that only reflogs hold. Every `nexus trace` command scans before it answers; when nothing changed, that is a look at a few
 * files. A scan that dies half-way is done again, and records nothing twice.
 */
import { posix } from "node:path"
import * as Effect from "effect/Effect"
import type { ProjectId } from "../../domain/Ids.ts"
import type { CommitSeen, HeadMoved } from "../../domain/RepositoryEvents.ts"
import { EventLog } from "../../events/EventLog.ts"
import type { LogFailure } from "../../events/LogErrors.ts"
import * as FilesTouched from "../../projections/FilesTouched.ts"
import * as Kept from "../../projections/History.ts"
import * as Projects from "../../projections/Projects.ts"
import type { Progress } from "../../projections/Projections.ts"
import type { Nexus } from "../Nexus.ts"
import { type Commit, type FileChange, History, type HistoryFailure } from "../ports/History.ts"
import { Secrets } from "../ports/Secrets.ts"
import { cleanText } from "../RedactPayload.ts"
import { commitsOfInterest, type Found } from "./CommitsOfInterest.ts"
import { keepContents } from "./KeepContents.ts"
import { appendTo, digest, portions } from "./RepositoryFacts.ts"
import * as ScanState from "./ScanState.ts"

const day = 24 * 60 * 60 * 1000

export interface ScanReport {
  /** How many events of each kind were appended. */
  readonly commits: number
  readonly moves: number
  readonly contents: number
}

/** `checkout`: the top folder, symbolic links resolved. */
export const scan = (
  checkout: string,
  project: ProjectId,
  progress?: Progress
): Effect.Effect<ScanReport, HistoryFailure | LogFailure, EventLog | History | Nexus | Secrets> =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const history = yield* History
    const paths = FilesTouched.pathsIn(database, project).filter(isInside)
    const edited = digest(paths)
    const fingerprint = yield* history.fingerprint(checkout)
    const state = yield* ScanState.load(checkout, project)
    if (state.fingerprint === fingerprint && state.edited === edited) return { commits: 0, moves: 0, contents: 0 }

    const since = (Projects.find(database, project)?.registered ?? 0) - day
    const { shallow } = yield* history.head(checkout)
    const [found, unreachable, moved] = yield* Effect.all(
      [
        commitsOfInterest({ checkout, since, edited: paths, names: state.names, tips: state.tips, progress }),
        history.unreachable(checkout, since),
        headMoves(checkout, since)
      ],
      { concurrency: "unbounded" }
    )
    const appended = yield* record(project, found, moved)
    const contents = yield* keepContents(checkout, project, unreachable)
    // A shallow clone may get more history below what was searched.
    const tips = shallow ? [] : found.tips
    yield* ScanState.save(checkout, project, { fingerprint, edited, names: found.names, tips })
    return { ...appended, contents }
  })

/** Agents edit files outside of the checkout, too. */
const isInside = (path: string): boolean =>
  !posix.isAbsolute(path) && !/^[A-Za-z]:/.test(path) && !path.split("/").includes("..")

/** The moves of HEAD in every checkout of the repository, each with its key. */
const headMoves = (checkout: string, since: number) =>
  Effect.gen(function* () {
    const history = yield* History
    const moves: Array<readonly [key: string, move: HeadMoved]> = []
    for (const worktree of yield* history.worktrees(checkout)) {
      const times = new Map<string, number>()
      for (const move of yield* history.reflog(worktree)) {
        if (move.at < since) continue
        // Places in a reflog shift when its beginning expires; what is the same in every respect is counted.
        const same = JSON.stringify([worktree, move.from, move.to, move.at, move.verb, move.onto ?? null])
        const time = (times.get(same) ?? 0) + 1
        times.set(same, time)
        moves.push([digest([same, String(time)]), { ...move, checkout: worktree.toWellFormed() }])
      }
    }
    return moves
  })

/** In one transaction, what is new of it. */
const record = (
  project: ProjectId,
  { commits }: Found,
  moves: ReadonlyArray<readonly [key: string, move: HeadMoved]>
): Effect.Effect<{ readonly commits: number; readonly moves: number }, LogFailure, EventLog | Secrets> =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { redact } = yield* Secrets
    // Oldest first, as they were made.
    const seen = [...commits.values()]
      .reverse()
      .map((one) => ({ ...one, author: cleanText(one.commit.author.slice(0, 200), redact).text.toWellFormed() }))
    return yield* log
      .transact((transaction) => {
        const append = appendTo(transaction, project)
        let commitEvents = 0
        for (const { commit, files, author } of seen) {
          const known = new Set(Kept.changesOf(transaction.database, project, commit.commit).map(({ path }) => path))
          for (const some of portions(files.filter(({ path }) => !known.has(path)))) {
            const payload = commitSeen(commit, author, some)
            const key = `commit:${commit.commit}:${digest(some.map(({ path }) => path))}`
            commitEvents += append(key, [{ type: "CommitSeen", payload }])
          }
        }
        let moveEvents = 0
        for (const [key, payload] of moves)
          moveEvents += append(`move:${key}`, [{ type: "HeadMoved", payload }], payload.at)
        return { commits: commitEvents, moves: moveEvents }
      })
      .pipe(Effect.catchTags({ VersionConflict: Effect.die, KeyReused: Effect.die, EventRefused: Effect.die }))
  })

const commitSeen = (commit: Commit, author: string, files: ReadonlyArray<FileChange>): CommitSeen => ({
  commit: commit.commit,
  parents: commit.parents,
  author,
  authorKey: commit.authorKey,
  authored: commit.authored,
  committed: commit.committed,
  ...(commit.reverts === undefined ? {} : { reverts: commit.reverts }),
  ...(commit.pickedFrom === undefined ? {} : { pickedFrom: commit.pickedFrom }),
  files: files.map(({ path, from, before, after }) => [path, from, before, after] as const)
})
