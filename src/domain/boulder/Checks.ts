/** The checks that are built in, as data: which there are, their options, and what of the project's own settings they obey. */
import * as Schema from "effect/Schema"

// Not the library's own, which JSON Schemas made of it can only refer to.
const Text = Schema.String.pipe(Schema.minLength(1))

export const CommitsOptions = Schema.Struct({
  /** What the work began at, where nobody says: a revision. */
  base: Schema.optional(Text),
  /** Whether headers must be conventional; unset: where the project's configuration or its history says so. */
  conventional: Schema.optional(Schema.Boolean),
  /** The types that a commit may have. */
  types: Schema.optional(Schema.NonEmptyArray(Text)),
  /** Bytes of a file that a commit may bring. */
  maxFileSize: Schema.optional(Schema.Number.pipe(Schema.int(), Schema.between(1, 1_000_000_000_000))),
  /** New binary files that are expected. */
  allowBinary: Schema.optional(Schema.Array(Text)),
  /** Uncommitted files that are nobody's business. */
  allowDirty: Schema.optional(Schema.Array(Text))
})
export type CommitsOptions = typeof CommitsOptions.Type

export const DocumentationOptions = Schema.Struct({
  /** As that of commits, and the same where it is not said. */
  base: Schema.optional(Text),
  /** Files (globs) that there must be. */
  structure: Schema.optional(Schema.Array(Text)),
  /** Source files (globs) whose exports are public; unset: the entry points of package.json. */
  public: Schema.optional(Schema.Array(Text)),
  /** Markdown files (globs) that are not looked at; unset: `defaultExclude`. */
  exclude: Schema.optional(Schema.Array(Text)),
  /** Rules of markdownlint; false: none. Unset: the project's own, else those that find what is broken. */
  lint: Schema.optional(
    Schema.Union(Schema.Literal(false), Schema.Record({ key: Schema.String, value: Schema.Unknown }))
  )
})
export type DocumentationOptions = typeof DocumentationOptions.Type

export const defaultMaxFileSize = 5 * 1024 * 1024

/** Samples for tests, and what others wrote. */
export const defaultExclude: ReadonlyArray<string> = [
  "**/{node_modules,vendor,third_party,fixtures,__fixtures__,testdata}/**"
]

/** A configuration of the project's for another program, which the check obeys. `text`: null when it is code, which is not run. */
export interface Convention {
  readonly file: string
  readonly text: string | null
}

export type Check =
  | { readonly check: "commits"; readonly options: CommitsOptions; readonly convention: Convention | null }
  | { readonly check: "documentation"; readonly options: DocumentationOptions; readonly convention: Convention | null }

export type CheckName = Check["check"]

/** Raised when a check finds something else in the same files. */
export const checkVersions: Readonly<Record<CheckName, number>> = { commits: 1, documentation: 1 }

/** Milliseconds. */
export const checkTimeouts: Readonly<Record<CheckName, number>> = { commits: 5000, documentation: 30_000 }

/** Something that is not as it should be. `line`: 1-based; `commit`: an id, for what is wrong with a commit. */
export interface Finding {
  readonly rule: string
  readonly message: string
  readonly path?: string
  readonly line?: number
  readonly commit?: string
  /** A commit's first line. */
  readonly header?: string
}

/** One line: `abc1234  rule  message "header"`, or `file:line  rule  message`. */
export const shownFinding = ({ rule, message, path, line, commit, header }: Finding): string => {
  const place = commit === undefined ? `${path ?? "."}${line === undefined ? "" : `:${line}`}` : commit.slice(0, 7)
  const shown = `${place}  ${rule}  ${message}${header === undefined ? "" : ` ${JSON.stringify(header)}`}`
  // A path may hold a line end.
  return shown.replaceAll(/\p{Cc}/gu, "?")
}

/** At most so many findings are told; that there are more is. */
const mostShown = 100

/** What a check prints: its findings, remarks, and in the last line what they come to. */
export const shownReport = (findings: ReadonlyArray<Finding>, remarks: ReadonlyArray<string>): string => {
  const more = findings.length - mostShown
  const sum = findings.length === 0 ? "Nothing found." : `${findings.length} found.`
  return [
    ...findings.slice(0, mostShown).map(shownFinding),
    ...(more > 0 ? [`… and ${more} more`] : []),
    ...remarks,
    sum,
    ""
  ].join("\n")
}
