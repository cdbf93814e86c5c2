/**
 * Attribution as Agent Trace records (version 0.1.0): one for each commit, with the lines that it introduced at the places
 * where they stand in it. What the specification cannot say is in `metadata["dev.nexus"]`.
 */
import type { AttributedCommit, AttributedFile, AttributedRange, Contributor } from "./Attribution.ts"
import { type Conversation, type TraceFile, type TraceRange, type TraceRecord, urlOf } from "./TraceRecord.ts"

/** What a record says beside the commit itself. */
export interface RecordContext {
  readonly project: string
  /** The log that events are counted in: the origin id of its device. */
  readonly log: string
  /** Of this Nexus. */
  readonly version: string
  /** Of the attribution's algorithm. */
  readonly algorithm: number
  /** SHA-256 of a text's UTF-8, in hex. */
  readonly sha256: (text: string) => string
  /** The hash of lines of a file in the commit; undefined when their text is not at hand. */
  readonly contentHash: (path: string, start: number, end: number) => string | undefined
  /** The position of the prompt that led to an event; undefined when none is known. */
  readonly promptOf: (event: number) => number | undefined
}

/** The metadata of a record, under this name. */
export const metadataKey = "dev.nexus"

/** The record of one commit. The same commit of the same project gives the same id, whoever exports it. */
export const recordOf = (commit: AttributedCommit, context: RecordContext): TraceRecord => ({
  version: "0.1.0",
  id: nameUuid(`${context.project}\n${commit.commit}`, context.sha256),
  timestamp: commit.authored,
  vcs: { type: "git", revision: commit.commit },
  tool: { name: "nexus", version: context.version },
  files: commit.files.map((file) => fileOf(file, context)),
  metadata: {
    [metadataKey]: {
      project: context.project,
      log: context.log,
      algorithm: context.algorithm,
      completeness: commit.completeness,
      files: commit.files.map(detailsOf)
    }
  }
})

/** A UUID of version 8 made from a name (RFC 9562, section 5.8, in the way of its appendix B.2: SHA-256). */
export const nameUuid = (name: string, sha256: (text: string) => string): string => {
  const hex = sha256(name)
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Files without lines (binary, a link, …) have no conversations; the metadata says what they are. */
const fileOf = (file: AttributedFile, context: RecordContext): TraceFile => ({
  path: file.path,
  conversations: [...groupsOf(file.ranges).values()].map((group) => conversationOf(file.path, group, context))
})

type Group = readonly [AttributedRange, ...ReadonlyArray<AttributedRange>]

/** Ranges by conversation and contributor, in the order in which their first lines stand. */
const groupsOf = (ranges: ReadonlyArray<AttributedRange>): ReadonlyMap<string, Group> => {
  const groups = new Map<string, Group>()
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const { session, contributor } = range
    const key = JSON.stringify([session, contributor.type, contributor.model_id])
    const group = groups.get(key)
    groups.set(key, group === undefined ? [range] : [...group, range])
  }
  return groups
}

const conversationOf = (path: string, group: Group, context: RecordContext): Conversation => {
  const [{ session, contributor }] = group
  const related = relatedOf(group, context)
  return {
    ...(session === null ? {} : { url: urlOf(session) }),
    contributor: contributorOf(contributor),
    ranges: merged(group).map(({ start_line, end_line }) => {
      const hash = context.contentHash(path, start_line, end_line)
      return { start_line, end_line, ...(hash === undefined ? {} : { content_hash: hash }) }
    }),
    ...(related.length === 0 ? {} : { related })
  }
}

const contributorOf = ({ type, model_id }: Contributor): Contributor => ({
  type,
  ...(model_id === undefined ? {} : { model_id: model_id.slice(0, 250) })
})

/** Neighbours become one range, whatever events they are from. */
const merged = (group: Group): ReadonlyArray<TraceRange> => {
  const ranges: Array<{ start_line: number; end_line: number }> = []
  for (const { start, end } of group) {
    const last = ranges.at(-1)
    if (last !== undefined && start <= last.end_line + 1) last.end_line = Math.max(last.end_line, end)
    else ranges.push({ start_line: start, end_line: end })
  }
  return ranges
}

/** The prompts and the events that the lines came from, each once. */
const relatedOf = (group: Group, { log, promptOf }: RecordContext): NonNullable<Conversation["related"]> => {
  const events = [...new Set(group.flatMap(({ event }) => (event === null ? [] : [event])))]
  const prompts = [...new Set(events.flatMap((event) => promptOf(event) ?? []))]
  const link = (type: string) => (position: number) => ({ type, url: `urn:nexus:event:${log}:${position}` })
  return [...prompts.map(link("prompt")), ...events.map(link("event"))]
}

/** Everything that is known of a file's lines, named as in `nexus trace show --json`, but for what the record itself says. */
const detailsOf = ({ ranges, from, deletions, path, kind }: AttributedFile) => ({
  path,
  ...(from === null ? {} : { from }),
  ...(kind === undefined ? {} : { kind }),
  // What is undefined is no part of the JSON.
  ranges: ranges.map((range) => ({ ...range, contributor: undefined, session: undefined })),
  ...(deletions.length === 0 ? {} : { deletions })
})
