/** Agent Trace records of commits, with everything that the log and the repository add to the commits themselves. */
import { hash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { recordOf } from "../../domain/attribution/AgentTrace.ts"
import type { AttributedCommit } from "../../domain/attribution/Attribution.ts"
import type { TraceRecord } from "../../domain/attribution/TraceRecord.ts"
import { currentAlgorithm } from "../../domain/attribution/Transition.ts"
import { EventLog } from "../../events/EventLog.ts"
import type { Progress } from "../../projections/Projections.ts"
import { Nexus } from "../Nexus.ts"
import { History } from "../ports/History.ts"
import { checkoutHere, registerCheckout } from "../ProjectOf.ts"
import * as Trace from "./Trace.ts"

/** So many commits are asked about at once: their files are in memory together. */
const batch = 100

/** Longer files get no content hash. */
const largest = 8 * 1024 * 1024

/** What the commits of a range introduced, oldest first, a batch at a time. Without a range: everything since recording began. */
export const attributed = (range: string | undefined, report: Progress) =>
  Stream.unwrap(
    Effect.map(Trace.commitsOf(range), (commits) => {
      const starts = Array.from({ length: Math.ceil(commits.length / batch) }, (_, index) => index * batch)
      return Stream.mapEffect(Stream.fromIterable(starts), (start) =>
        Effect.tap(Trace.attributedCommits(commits.slice(start, start + batch)), (done) =>
          Effect.sync(() => report(start + done.length, commits.length))
        )
      )
    })
  )

export interface RecordedCommit {
  readonly commit: AttributedCommit
  readonly record: TraceRecord
}

/** The same commits with their records. */
export const records = (range: string | undefined, report: Progress) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { device: log } = yield* EventLog
      const { version } = yield* Nexus
      const checkout = yield* checkoutHere
      const { project } = yield* registerCheckout(checkout)
      const prompts = new Map<string, ReadonlyArray<number>>()
      return Stream.mapEffect(attributed(range, report), (commits) =>
        Effect.gen(function* () {
          const promptOf = yield* promptsBefore(commits, prompts)
          const hashes = yield* contentHashes(checkout.path, commits)
          const context = { project, log, version, algorithm: currentAlgorithm, sha256, promptOf }
          return commits.map((commit): RecordedCommit => ({
            commit,
            record: recordOf(commit, { ...context, contentHash: hashes(commit.commit) })
          }))
        })
      )
    })
  )

export const sha256 = (text: string | Buffer): string => hash("sha256", text)

/** For each event that lines came from, the last prompt of its session before it. `known`: prompts by session, filled here. */
const promptsBefore = (commits: ReadonlyArray<AttributedCommit>, known: Map<string, ReadonlyArray<number>>) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const sources = new Map<number, string>()
    for (const { event, session } of commits.flatMap(({ files }) => files.flatMap(({ ranges }) => ranges))) {
      if (event !== null && session !== null) sources.set(event, session)
    }
    for (const session of new Set(sources.values())) {
      if (known.has(session)) continue
      const events = yield* log.page({ correlation: session, types: ["PromptSubmitted"] }, Number.MAX_SAFE_INTEGER)
      known.set(
        session,
        events.map(({ position }) => position)
      )
    }
    return (event: number) => known.get(sources.get(event) ?? "")?.findLast((position) => position <= event)
  })

/**
 * `content_hash` (Agent Trace 0.1.0, section 6.6) is "sha256:" and the SHA-256 of the lines' bytes, each with one line feed
 * at its end: neither the form of line ends nor a missing last one makes a difference.
 */
const contentHashes = (checkout: string, commits: ReadonlyArray<AttributedCommit>) =>
  Effect.gen(function* () {
    const history = yield* History
    const changes = yield* history.changes(
      checkout,
      commits.map(({ commit }) => commit)
    )
    const oids = [...changes.values()].flatMap((files) => files.flatMap(({ after }) => after ?? []))
    const contents = yield* history.blobs(checkout, [...new Set(oids)], largest)
    const lines = new Map<string, ReadonlyArray<string>>()
    return (commit: string) => (path: string, start: number, end: number) => {
      const oid = changes.get(commit)?.find((file) => file.path === path)?.after ?? ""
      const content = contents.get(oid)
      if (content === undefined) return undefined
      const all = lines.get(oid) ?? linesOf(content)
      lines.set(oid, all)
      return end > all.length
        ? undefined
        : `sha256:${sha256(Buffer.from(all.slice(start - 1, end).join(""), "latin1"))}`
    }
  })

/** One character a byte, so that any bytes come through. */
const linesOf = (content: Buffer): ReadonlyArray<string> => {
  const lines = content.toString("latin1").split("\n")
  if (lines.at(-1) === "") lines.pop()
  return lines.map((line) => `${line.replace(/\r$/, "")}\n`)
}
