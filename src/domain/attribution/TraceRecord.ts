/**
 * Agent Trace records (version 0.1.0, cursor/agent-trace, CC BY 4.0) as they are read: what makes one valid, and who wrote a
 * line by it. `test/fixtures/agent-trace/` has the specification's JSON schema, which the tests hold this against.
 */
import * as Either from "effect/Either"
import { ArrayFormatter } from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { Contributor } from "./Attribution.ts"

const told = <A, I>(schema: Schema.Schema<A, I>, expected: string) =>
  schema.annotations({ message: () => ({ message: expected, override: true }) })

const text = told(Schema.String, "is not a text")
const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })
const matching = (expected: string, test: (value: string) => boolean) =>
  told(Schema.String.pipe(Schema.filter(test)), expected)

/** RFC 3986, appendix A, without the finer rules of the authority. */
const isUri = (value: string): boolean =>
  /^[a-z][a-z0-9+.-]*:(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9a-f]{2})*$/i.test(value)

const uri = matching("is not a URI", isUri)

const uuid = matching("is not a UUID", (value) =>
  /^(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value)
)

/** RFC 3339, section 5.6. */
const dateTime = matching("is not a time as RFC 3339 writes it, such as 2026-01-23T14:30:00Z", (value) => {
  const parts = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/.exec(
    value
  )
  if (parts === null) return false
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number)
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return month >= 1 && month <= 12 && day >= 1 && day <= lastDay && hour < 24 && minute < 60 && second <= 60
})

const line = told(
  Schema.Number.pipe(Schema.filter((value) => Number.isInteger(value) && value >= 1)),
  "is not a line number: they count from 1"
)

const TraceContributor = Schema.Struct({
  type: told(Schema.Literal("human", "ai", "mixed", "unknown"), 'is not "human", "ai", "mixed" or "unknown"'),
  model_id: maybe(matching("is not a text of at most 250 characters", (value) => Array.from(value).length <= 250))
})

const TraceRange = Schema.Struct({
  start_line: line,
  end_line: line,
  content_hash: maybe(text),
  contributor: maybe(TraceContributor)
})
export type TraceRange = typeof TraceRange.Type

const Conversation = Schema.Struct({
  url: maybe(uri),
  contributor: maybe(TraceContributor),
  ranges: Schema.Array(TraceRange),
  related: maybe(Schema.Array(Schema.Struct({ type: text, url: uri })))
})
export type Conversation = typeof Conversation.Type

const TraceFile = Schema.Struct({ path: text, conversations: Schema.Array(Conversation) })
export type TraceFile = typeof TraceFile.Type

/** The specification, section 6.1. Members that it does not name are allowed, and left out of what is read. */
export const TraceRecord = Schema.Struct({
  version: matching('is not a version such as "0.1.0"', (value) => /^[0-9]+\.[0-9]+\.[0-9]+$/.test(value)),
  id: uuid,
  timestamp: dateTime,
  vcs: maybe(
    Schema.Struct({
      type: told(Schema.Literal("git", "jj", "hg", "svn"), 'is not "git", "jj", "hg" or "svn"'),
      revision: text
    })
  ),
  tool: maybe(Schema.Struct({ name: maybe(text), version: maybe(text) })),
  files: Schema.Array(TraceFile),
  metadata: maybe(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
})
export type TraceRecord = typeof TraceRecord.Type

/** Where a record breaks the schema: `files[0].path`, or "" for the whole; and what is wrong, to be read after it. */
export interface RecordProblem {
  readonly path: string
  readonly problem: string
}

/** A record that this version can read: valid by the schema, and of version 0.x, before which nothing was and after which all may differ. */
export const decodeRecord = (value: unknown): Either.Either<TraceRecord, RecordProblem> =>
  Either.flatMap(Either.mapLeft(decode(value), problemOf), (record) =>
    record.version.startsWith("0.")
      ? Either.right(record)
      : Either.left({ path: "version", problem: `is ${record.version}; this version of Nexus reads 0.x` })
  )

const decode = Schema.decodeUnknownEither(TraceRecord)

const problemOf = (error: Parameters<typeof ArrayFormatter.formatErrorSync>[0]): RecordProblem => {
  const [issue] = ArrayFormatter.formatErrorSync(error)
  const path = (issue?.path ?? []).map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("")
  const message = issue?.message ?? "is malformed"
  const problem = message.startsWith("is ") ? message : `is no ${expected(message)}`
  return { path: path.replace(/^\./, ""), problem }
}

const expected = (message: string): string => (message.startsWith("Expected ReadonlyArray") ? "list" : "object")

/** Who wrote a line by a record. */
export interface LineOwner {
  readonly contributor: Contributor
  /** The conversation: the id of a session where Nexus wrote the record, else its URL; null where none is named. */
  readonly session: string | null
}

/**
 * Who wrote line `line` (1-based) of `path` in the record's own revision: the specification's look-up, section 6.5, step 3.
 * Undefined when no range holds it. Ranges that hold it and contradict each other leave it unknown: the specification does
 * not say which of them is right.
 */
export const lineOwner = (record: TraceRecord, path: string, line: number): LineOwner | undefined => {
  const owners = record.files
    .filter((file) => file.path === path || file.path === `./${path}`)
    .flatMap((file) => file.conversations)
    .flatMap((conversation) =>
      conversation.ranges
        .filter((range) => range.start_line <= line && line <= range.end_line)
        .map((range) => ownerOf(conversation, range))
    )
  const [first] = owners
  if (first === undefined) return undefined
  const agreed = owners.every(
    ({ contributor: { type, model_id } }) => type === first.contributor.type && model_id === first.contributor.model_id
  )
  return agreed ? first : { contributor: { type: "unknown" }, session: null }
}

const ownerOf = (conversation: Conversation, range: TraceRange): LineOwner => ({
  contributor: range.contributor ?? conversation.contributor ?? { type: "unknown" },
  session: conversation.url === undefined ? null : sessionOf(conversation.url)
})

const sessionUrn = "urn:nexus:session:"

/**
 * The URL of a conversation: `urn:nexus:session:claude:601ddb06-…` (RFC 8141 form) for a session, since it is in somebody's
 * log and at no address. What came from elsewhere as a URL is that URL.
 */
export const urlOf = (session: string): string =>
  /^(?:urn:|[^:]+:\/\/)/.test(session) && isUri(session) ? session : `${sessionUrn}${escaped(session)}`

/** The other way round. */
export const sessionOf = (url: string): string =>
  url.startsWith(sessionUrn) ? unescaped(url.slice(sessionUrn.length)) : url

/** Whatever an URN's specific part cannot hold, percent-encoded. */
const escaped = (id: string): string =>
  encodeURIComponent(id.toWellFormed()).replaceAll("%3A", ":").replaceAll("%40", "@")

const unescaped = (id: string): string => {
  try {
    return decodeURIComponent(id)
  } catch {
    // Somebody else's, with a lone "%".
    return id
  }
}
