/**
 * What attribution says of lines: who wrote them, in which conversation, by which event, and how well that is proved.
 * These are the shapes of `--json` (docs/attribution.md), so fields are named as users read them.
 */

/** The classes of Agent Trace 0.1.0, section 4. `mixed`: AI text that a person edited, or the other way round. */
export const contributorTypes = ["ai", "human", "mixed", "unknown"] as const
export type ContributorType = (typeof contributorTypes)[number]

/** `model_id` follows models.dev: `anthropic/claude-opus-4-5`. Of mixed lines: the model of the AI part. */
export interface Contributor {
  readonly type: ContributorType
  readonly model_id?: string
}

/**
 * How well it is proved, best first.
 * - `direct`: the event that wrote the line told its content, and the content is what was asked about.
 * - `replayed`: it follows from the recorded contents by alignment with what a person did afterwards.
 * - `rewritten`: git rewrote the commit (rebase, squash, cherry-pick); its lines were aligned with those of the known one.
 * - `recovered`: less than that: the file changed while a command ran, or a record was imported.
 */
export type Evidence = "direct" | "replayed" | "rewritten" | "recovered"

export const evidenceGrades: ReadonlyArray<Evidence> = ["direct", "replayed", "rewritten", "recovered"]

/** Who wrote some text, and how that is known. */
export interface Credit {
  readonly contributor: Contributor
  /** Id of the session (`claude:601ddb06-…`); null for people and unknown text. */
  readonly session: string | null
  /** Position in the log of the event that produced it; null where no event did. */
  readonly event: number | null
  /** Null for unknown text. */
  readonly evidence: Evidence | null
}

/** A part of a mixed line: columns `start` to `end` (1-based, inclusive, UTF-16 code units). */
export interface ColumnRange extends Credit {
  readonly start: number
  readonly end: number
}

/** What else is known about a line. */
export interface LineNotes {
  /** The text was re-laid without changing its tokens: by which event or commit, and by which formatter where known. */
  readonly transformedBy?: { readonly event: number | null; readonly commit: string | null; readonly tool?: string }
  /** Somebody moved it here. */
  readonly movedBy?: {
    readonly event: number | null
    readonly commit: string | null
    readonly contributor: ContributorType
    readonly from: string
  }
  /** The file began as a copy of another. */
  readonly copiedFrom?: string
  /** A person's text that equals text which an AI had written before: the event that had. */
  readonly similarTo?: number
  /** Where an imported record came from. */
  readonly imported?: string
  /** Why nothing can be said. */
  readonly reason?: UnknownReason
}

/**
 * Why a line is unknown.
 * - `before-record`: it is older than the record of this project.
 * - `not-recorded-here`: the commit was made elsewhere, and no record came with it.
 * - `blind-call`: an agent's command ran here, and nobody looked at which files it changed.
 * - `contested`: an agent's command and somebody else wrote the file at the same time.
 * - `superseded`: an agent had written the same text here, it was taken out again, and nobody saw how it came back.
 * - `content-lost`: the content that would tell is in no store any more (pruned, shallow, destroyed, too large).
 */
export type UnknownReason =
  | "before-record"
  | "not-recorded-here"
  | "blind-call"
  | "contested"
  | "superseded"
  | "content-lost"

/** A line's attribution apart from where it stands. */
export interface Attribution extends Credit, LineNotes {
  /** Of mixed lines. Covers the whole line. */
  readonly columns?: ReadonlyArray<ColumnRange>
}

/** An entry of `nexus trace blame --json`. */
export interface BlamedLine extends Attribution {
  /** 1-based. */
  readonly line: number
  /** Without its line end. Bytes that are no UTF-8 show as U+FFFD. */
  readonly text: string
  /** The commit that introduced the line; null when it is in none yet. */
  readonly commit: string | null
  /** The git author of that commit; null when it is in none yet. */
  readonly author: string | null
}

/** `nexus trace blame --json`. */
export interface BlamedFile {
  /** Relative to the top of the checkout, with "/". */
  readonly file: string
  /** A commit id, "index" or "worktree"; of a look into the past, `event:N`. */
  readonly revision: string
  readonly lines: ReadonlyArray<BlamedLine>
}

/** Lines `start` to `end` of a file (1-based, inclusive), all with the same attribution. */
export interface AttributedRange extends Attribution {
  readonly start: number
  readonly end: number
}

/** Lines of the file before that are gone: who wrote them, and who took them out. */
export interface Deletion {
  /** In the file before. */
  readonly start: number
  readonly end: number
  readonly owner: Credit
  readonly by: Credit
}

/** What a commit did to one file: the lines that it introduced. */
export interface AttributedFile {
  readonly path: string
  /** The path before, when it was renamed or copied. */
  readonly from: string | null
  readonly ranges: ReadonlyArray<AttributedRange>
  readonly deletions: ReadonlyArray<Deletion>
  /** Set for what has no lines: "binary", "symlink", "submodule", "lfs", "mode". */
  readonly kind?: "binary" | "symlink" | "submodule" | "lfs" | "mode"
}

/** `nexus trace show --json`. */
export interface AttributedCommit {
  readonly commit: string
  readonly parents: ReadonlyArray<string>
  readonly author: string
  /** ISO 8601. */
  readonly authored: string
  readonly subject: string
  readonly files: ReadonlyArray<AttributedFile>
  /** Introduced lines by how they are known. */
  readonly completeness: {
    /** `direct` or `replayed`. */
    readonly captured: number
    /** `rewritten` or `recovered`. */
    readonly inferred: number
    /** Unknown. */
    readonly missing: number
    readonly reasons: ReadonlyArray<{ readonly reason: UnknownReason; readonly lines: number }>
  }
}
