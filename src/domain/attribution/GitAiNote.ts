/**
 * The authorship log of git-ai, version 3 (`authorship/3.0.0`, in notes under `refs/notes/ai`): a part for each file with
 * the keys of those who wrote lines of it, a line `---`, and JSON that says whom each key stands for. Contract: "Git AI
 * Standard v3.0.0" of git-ai-project/git-ai (Apache-2.0), sections 1.2.2 to 1.2.4.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

/** Lines `start` to `end`, 1-based, inclusive. */
export type LineRange = readonly [start: number, end: number]

export interface NoteFile {
  readonly path: string
  /** In the order of the note: where two claim a line, the later one has it. */
  readonly entries: ReadonlyArray<{ readonly key: string; readonly ranges: ReadonlyArray<LineRange> }>
}

const text = Schema.optionalWith(Schema.String, { exact: true })
const orNull = Schema.optionalWith(Schema.NullOr(Schema.String), { exact: true })
const AgentId = Schema.Struct({ tool: Schema.String, id: Schema.String, model: text })
const Conversations = Schema.optionalWith(
  Schema.Record({ key: Schema.String, value: Schema.Struct({ agent_id: AgentId, human_author: orNull }) }),
  { exact: true }
)

/** What Nexus reads of the JSON part. `nexus_version` marks notes that Nexus wrote; git-ai passes over it. */
const Metadata = Schema.Struct({
  schema_version: Schema.String,
  git_ai_version: orNull,
  nexus_version: text,
  base_commit_sha: Schema.String,
  prompts: Conversations,
  sessions: Conversations,
  humans: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.Struct({ author: Schema.String }) }), {
    exact: true
  })
})
export type NoteMetadata = typeof Metadata.Type

export interface GitAiNote {
  readonly files: ReadonlyArray<NoteFile>
  readonly metadata: NoteMetadata
}

/** Why a note is none that can be read, to be put after its name. */
export type NoteProblem = string

/** Reads a note; also those of older clients (bare keys of hex digits), with other line ends or deeper indentation. */
export const parseNote = (note: string): Either.Either<GitAiNote, NoteProblem> =>
  Either.gen(function* () {
    const lines = note.split(/\r?\n/)
    const divider = lines.indexOf("---")
    if (divider === -1) return yield* Either.left('it has no line "---"')
    const metadata = yield* metadataOf(lines.slice(divider + 1).join("\n"))
    return { files: yield* filesOf(lines.slice(0, divider)), metadata }
  })

const decode = Schema.decodeUnknownEither(Metadata)

const metadataOf = (json: string): Either.Either<NoteMetadata, NoteProblem> =>
  Either.gen(function* () {
    const value = yield* Either.try({
      try: (): unknown => JSON.parse(json),
      catch: () => 'what follows "---" is no JSON'
    })
    const metadata = yield* Either.mapLeft(decode(value), ({ message }) => `its metadata is malformed: ${message}`)
    return /^authorship\/3\.\d+\.\d+$/.test(metadata.schema_version)
      ? metadata
      : yield* Either.left(`its version is ${metadata.schema_version}; this version of Nexus reads authorship/3`)
  })

const filesOf = (lines: ReadonlyArray<string>): Either.Either<ReadonlyArray<NoteFile>, NoteProblem> =>
  Either.gen(function* () {
    const files: Array<{ path: string; entries: Array<NoteFile["entries"][number]> }> = []
    for (const [index, line] of lines.entries()) {
      if (line.trim() === "") continue
      if (!/^\s/.test(line)) {
        files.push({ path: unquoted(line.trimEnd()), entries: [] })
        continue
      }
      const entry = /^\s+(\S+)\s+(\S.*?)\s*$/.exec(line)
      const ranges = rangesOf(entry?.[2] ?? "")
      const file = files.at(-1)
      if (entry === null || ranges === undefined)
        return yield* Either.left(`line ${index + 1} is no key with its lines`)
      if (file === undefined) return yield* Either.left(`line ${index + 1} stands under no file`)
      file.entries.push({ key: entry[1] ?? "", ranges })
    }
    return files
  })

const unquoted = (path: string): string => (/^".+"$/s.test(path) ? path.slice(1, -1) : path)

/** "1-4,9,12": undefined when it is not that. */
const rangesOf = (list: string): ReadonlyArray<LineRange> | undefined => {
  const ranges: Array<LineRange> = []
  for (const part of list.split(/\s*,\s*/).filter((part) => part !== "")) {
    const bounds = /^([1-9]\d{0,9})(?:-([1-9]\d{0,9}))?$/.exec(part)
    if (bounds === null) return undefined
    const start = Number(bounds[1])
    const end = Number(bounds[2] ?? start)
    if (end < start) return undefined
    ranges.push([start, end])
  }
  return ranges.length === 0 ? undefined : ranges
}

/** Whether the form can hold a path: it has a line for each, and no way to write a line feed. */
export const canName = (path: string): boolean => path !== "" && !path.includes("\n")

/** Writes a note in the one form that git-ai itself writes. Files that it cannot name are left out; see `canName`. */
export const formatNote = ({ files, metadata }: GitAiNote): string =>
  [
    ...files
      .filter(({ path, entries }) => canName(path) && entries.length > 0)
      .flatMap(({ path, entries }) => [
        quoted(path),
        ...entries.map(({ key, ranges }) => `  ${key} ${joined(ranges).map(shown).join(",")}`)
      ]),
    "---",
    JSON.stringify(metadata, null, 2)
  ].join("\n")

/** Quotes also what a reader would take for the divider, or for quotes of ours. */
const quoted = (path: string): string => (/\s|^---$|^".*"$/s.test(path) ? `"${path}"` : path)

const shown = ([start, end]: LineRange): string => (start === end ? String(start) : `${start}-${end}`)

/** In order, neighbours as one. */
export const joined = (ranges: ReadonlyArray<LineRange>): ReadonlyArray<LineRange> => {
  const all: Array<[number, number]> = []
  for (const [start, end] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = all.at(-1)
    if (last !== undefined && start <= last[1] + 1) last[1] = Math.max(last[1], end)
    else all.push([start, end])
  }
  return all
}
