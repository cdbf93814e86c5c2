/** `nexus trace import`: Agent Trace records that were made elsewhere, kept in the log as such. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { metadataKey } from "../../domain/attribution/AgentTrace.ts"
import { decodeRecord, type TraceRecord } from "../../domain/attribution/TraceRecord.ts"
import { repositoryStream } from "../../domain/Ids.ts"
import type { TraceImported } from "../../domain/RepositoryEvents.ts"
import { EventLog } from "../../events/EventLog.ts"
import type { Progress } from "../../projections/Projections.ts"
import { givenText } from "../GivenText.ts"
import { Nexus } from "../Nexus.ts"
import type { JsonObject } from "../ports/Agent.ts"
import { type Commit, History } from "../ports/History.ts"
import { Secrets } from "../ports/Secrets.ts"
import { checkoutHere, registerCheckout } from "../ProjectOf.ts"
import { redactPayload } from "../RedactPayload.ts"

/** What was given is no Agent Trace record, or not all of it is. Nothing was recorded. */
export class TraceRefused extends Schema.TaggedError<TraceRefused>()("TraceRefused", {
  source: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.source}: ${this.reason} Nothing was imported.`
  }
}

/** A record on its way into the log. */
export interface Incoming {
  readonly commit: string
  readonly record: JsonObject
}

export interface ImportReport {
  readonly source: string
  /** Newly recorded. */
  readonly imported: number
  /** Recorded before, with the same content. */
  readonly repeated: number
  /** Made by this very log, which knows better. */
  readonly own: number
  /** Of those imported: commits that are not in this repository. Kept as well, since they may come. */
  readonly elsewhere: number
  /** Records that are about no git commit, or that cannot be read, with the reason. */
  readonly skipped: ReadonlyArray<{ readonly name: string; readonly reason: string }>
}

/** Imports a file ("-": standard input): one record, a list of them, or one a line. */
export const importFile = (file: string, report: Progress) =>
  Effect.gen(function* () {
    const { source, text } = yield* givenText(
      file,
      "Write one with: nexus trace export -o FILE",
      (from, reason) => new TraceRefused({ source: from, reason })
    )
    const { incoming, skipped } = yield* Either.mapLeft(
      readRecords(text),
      (reason) => new TraceRefused({ source, reason })
    )
    const done = yield* record(source, "agent-trace", incoming, yield* commitsHere, report)
    return { ...done, skipped } satisfies ImportReport
  })

/** The records in a text. Left: why they are none, in a sentence. */
export const readRecords = (
  text: string
): Either.Either<Pick<ImportReport, "skipped"> & { readonly incoming: ReadonlyArray<Incoming> }, string> =>
  Either.gen(function* () {
    const incoming: Array<Incoming> = []
    const skipped: Array<ImportReport["skipped"][number]> = []
    for (const { name, value } of yield* documentsIn(text)) {
      const read = yield* Either.mapLeft(
        decodeRecord(value),
        ({ path, problem }) => `${[name, path].filter((part) => part !== "").join(": ") || "it"} ${problem}.`
      )
      const commit = commitOf(read)
      if (commit === undefined)
        skipped.push({ name: name || "the record", reason: "it names no git commit by its full id" })
      else incoming.push({ commit, record: value as JsonObject })
    }
    return { incoming, skipped }
  })

/** The specification, section 6.4: the commit's full id. */
const commitOf = ({ vcs }: TraceRecord): string | undefined =>
  vcs?.type === "git" && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(vcs.revision) ? vcs.revision.toLowerCase() : undefined

interface Document {
  /** Where it stands: "record 3", "line 3"; "" when it is the only one. */
  readonly name: string
  readonly value: unknown
}

const documentsIn = (text: string): Either.Either<ReadonlyArray<Document>, string> => {
  const whole = parsed(text)
  if (Either.isRight(whole)) {
    const { right: value } = whole
    return Either.right(
      Array.isArray(value)
        ? value.map((one: unknown, index) => ({ name: `record ${index + 1}`, value: one }))
        : [{ name: "", value }]
    )
  }
  const lines = text.split("\n").map((line, index) => ({ name: `line ${index + 1}`, text: line.trim() }))
  const [first, ...rest] = lines.filter((line) => line.text !== "")
  // One document that is broken, rather than a line for each: the parser's own words tell where.
  if (first === undefined || Either.isLeft(parsed(first.text))) return Either.left(`it is no JSON: ${whole.left}.`)
  return Either.all(
    [first, ...rest].map(({ name, text: line }) =>
      Either.mapBoth(parsed(line), {
        onLeft: (reason) => `${name} is no JSON: ${reason}.`,
        onRight: (value): Document => ({ name, value })
      })
    )
  )
}

const parsed = (text: string): Either.Either<unknown, string> =>
  Either.try({
    try: (): unknown => JSON.parse(text.replace(/^\uFEFF/, "")),
    catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
  })

/** So many records are put into the log in one transaction. */
const batch = 100

/** Records what came from `source`, redacted. The same content for the same commit is recorded once. `here`: `commitsHere`. */
export const record = (
  source: string,
  format: TraceImported["format"],
  incoming: ReadonlyArray<Incoming>,
  here: ReadonlyMap<string, Commit>,
  report: Progress
) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { user } = yield* Nexus
    const { redact } = yield* Secrets
    const { project } = yield* registerCheckout(yield* checkoutHere)
    const foreign = incoming.filter(({ record: one }) => logOf(one) !== log.device)
    const counts = { imported: 0, repeated: 0, elsewhere: 0 }
    for (let start = 0; start < foreign.length; start += batch) {
      const some = yield* Effect.forEach(foreign.slice(start, start + batch), ({ commit, record: one }) => {
        const content = Buffer.from(JSON.stringify(redactPayload(one, redact, () => undefined)))
        return Effect.map(log.blobs.prepare(content), (blob) => ({ commit, blob }))
      })
      const receipts = yield* log.append(
        some.map(({ commit, blob }) => ({
          stream: repositoryStream(project),
          project,
          actor: { kind: "human" as const, name: user },
          key: `trace/${project}/${commit}/${blob.hash}`,
          fingerprint: blob.hash,
          events: [{ type: "TraceImported" as const, payload: { commit, source, format, record: blob.hash } }]
        })),
        some.map(({ blob }) => blob)
      )
      for (const [index, { repeated }] of receipts.entries()) {
        if (repeated) counts.repeated++
        else {
          counts.imported++
          if (!here.has(some[index]?.commit ?? "")) counts.elsewhere++
        }
      }
      report(start + some.length, foreign.length)
    }
    return { source, ...counts, own: incoming.length - foreign.length }
  })

/** The log that a record of Nexus was made from. */
const logOf = (one: JsonObject): unknown => {
  const metadata = one["metadata"] as JsonObject | undefined
  const ours = metadata?.[metadataKey]
  return typeof ours === "object" && ours !== null ? (ours as JsonObject)["log"] : undefined
}

/** Every commit of this repository that a ref or a reflog knows. */
export const commitsHere = Effect.gen(function* () {
  const { path } = yield* checkoutHere
  const commits = yield* (yield* History).commits(path, { revisions: ["--all", "--reflog"] })
  return new Map(commits.map((commit) => [commit.commit, commit] as const))
})
