/** What the query language is asked over. */
import type { Attribution, Contributor, ContributorType, Evidence, UnknownReason } from "../Attribution.ts"

/** Neighbouring lines of a file with the same attribution. Null: there is none. */
export interface QueryRow {
  /** Relative to the top of the checkout, with "/". */
  readonly file: string
  /** 1-based, inclusive. Of deleted lines: where they stood in the file before. */
  readonly start: number
  readonly end: number
  readonly attribution: Attribution
  /** The client that the session ran in: "claude", "cursor". */
  readonly agent: string | null
  /** The tool of the event that produced them: "Edit", "Bash". */
  readonly tool: string | null
  /** When they were written, milliseconds since 1970: the event's time, else the commit's author date. */
  readonly time: number | null
  /** The git author, and the id, of the commit that introduced them. */
  readonly author: string | null
  readonly commit: string | null
  /** The text of the prompt that led to them, where it is kept. */
  readonly prompt?: string
  /** They are gone from the file. */
  readonly deleted: boolean
}

/** A row by the names of the language. Of a row that is known in part, what is not known is absent. */
export interface RowFacts {
  readonly path: string
  readonly model: string | null
  readonly contributor: ContributorType
  readonly session: string | null
  readonly agent: string | null
  readonly evidence: Evidence | null
  readonly tool: string | null
  readonly event: number | null
  readonly time: number | null
  readonly author: string | null
  readonly commit: string | null
  readonly prompt: string | null
  readonly reason: UnknownReason | null
  readonly lines: number
  /** Everybody who ever wrote a part of it. */
  readonly touched_by: ReadonlyArray<Contributor>
  readonly transformed: boolean
  readonly moved: boolean
  readonly copied: boolean
  readonly deleted: boolean
}

export const factsOf = (row: QueryRow): RowFacts => {
  const { contributor, session, event, evidence, reason, ...notes } = row.attribution
  return {
    path: row.file,
    model: contributor.model_id ?? null,
    contributor: contributor.type,
    session,
    agent: row.agent,
    evidence,
    tool: row.tool,
    event,
    time: row.time,
    author: row.author,
    commit: row.commit,
    prompt: row.prompt ?? null,
    reason: reason ?? null,
    lines: row.end - row.start + 1,
    touched_by: touched(row.attribution),
    transformed: notes.transformedBy !== undefined,
    moved: notes.movedBy !== undefined,
    copied: notes.copiedFrom !== undefined,
    deleted: row.deleted
  }
}

/** Mixed text was written by an AI and a person, whatever its columns still show. */
const touched = ({ contributor, columns = [], movedBy }: Attribution): ReadonlyArray<Contributor> => [
  ...(contributor.type === "mixed"
    ? [{ ...contributor, type: "ai" as const }, { type: "human" as const }]
    : [contributor]),
  ...columns.map((part) => part.contributor),
  ...(movedBy === undefined ? [] : [{ type: movedBy.contributor }])
]
