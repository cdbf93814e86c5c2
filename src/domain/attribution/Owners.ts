/** Owners of lines, carried through transitions. Owners are shared and never changed. */
import {
  type Attribution,
  type ColumnRange,
  type Credit,
  type Evidence,
  evidenceGrades,
  type LineNotes
} from "./Attribution.ts"
import type { Source, Transition } from "./Transition.ts"

/** Whoever made a transition: what new text is credited to, and how it is named where it only re-laid or moved text. */
export interface Author {
  readonly owner: Attribution
  readonly event: number | null
  readonly commit: string | null
  /** The formatter that was run, where known. */
  readonly formatter?: string
  /** Where moved lines came from, for `movedBy`: the file's own path. */
  readonly path: string
}

/** The owners after a transition, one a line. `width` gives the length of a line afterwards, in UTF-16 code units. */
export const advance = (
  owners: ReadonlyArray<Attribution>,
  { hunks, lines }: Transition,
  author: Author,
  width: (line: number) => number
): ReadonlyArray<Attribution> => {
  const result: Array<Attribution> = []
  let at = 0
  for (const hunk of hunks) {
    for (; at < hunk.old; at++) result.push(owners[at] ?? author.owner)
    for (let index = 0; index < hunk.added; index++) {
      const source = hunk.sources.get(index)
      result.push(source === undefined ? author.owner : ownerFrom(owners, source, author, width(hunk.fresh + index)))
    }
    at = hunk.old + hunk.removed
  }
  for (; at < owners.length && result.length < lines; at++) result.push(owners[at] ?? author.owner)
  return result
}

/** The owner of a line that is not simply unchanged. */
export const ownerFrom = (
  owners: ReadonlyArray<Attribution>,
  source: Source,
  author: Author,
  width: number
): Attribution => {
  const { event, commit, formatter: tool, path } = author
  if (source.kind === "moved") {
    const owner = owners[source.line] ?? author.owner
    return { ...owner, movedBy: { event, commit, contributor: author.owner.contributor.type, from: path } }
  }
  const transformedBy = { event, commit, ...(tool === undefined ? {} : { tool }) }
  const origins = [...new Set(source.parts.map(({ line }) => owners[line] ?? author.owner))]
  const [only] = origins
  if (source.kind === "kept" && origins.length === 1 && only !== undefined && only.columns === undefined)
    return { ...only, transformedBy }
  const columns = columnsOf(owners, source.parts, source.kind === "kept" ? undefined : author.owner, width)
  const owner = ofColumns(columns, author.owner)
  return source.kind === "kept" ? { ...owner, transformedBy } : owner
}

type Parts = Extract<Source, { readonly parts: unknown }>["parts"]

/** The columns of a line, in order and without gaps; between the parts stands what `added` wrote, or what is beside it. */
const columnsOf = (
  owners: ReadonlyArray<Attribution>,
  parts: Parts,
  added: Attribution | undefined,
  width: number
): ReadonlyArray<ColumnRange> => {
  const columns: Array<ColumnRange> = []
  const push = (start: number, end: number, credit: Credit) => {
    if (end < start) return
    const last = columns.at(-1)
    if (last !== undefined && sameCredit(last, credit)) columns[columns.length - 1] = { ...last, end }
    else columns.push({ ...creditOf(credit), start, end })
  }
  let at = 0
  for (const part of parts) {
    const owner = owners[part.line] ?? added
    if (owner === undefined) continue
    const pieces = clip(owner, part.from, part.end - part.start)
    if (part.start > at) push(at + 1, part.start, added ?? pieces[0] ?? owner)
    for (const { start, end, ...credit } of pieces)
      push(part.start + start - part.from, part.start + end - part.from, credit)
    at = part.end
  }
  const last = columns.at(-1)
  const rest = added ?? last
  if (at < width && rest !== undefined) push(at + 1, width, rest)
  return columns
}

/** What an owner says of `length` columns from `from` (0-based) on. */
const clip = (owner: Attribution, from: number, length: number): ReadonlyArray<ColumnRange> => {
  if (owner.columns === undefined) return [{ ...creditOf(owner), start: from + 1, end: from + length }]
  return owner.columns.flatMap((column) => {
    const start = Math.max(column.start, from + 1)
    const end = Math.min(column.end, from + length)
    return end < start ? [] : [{ ...column, start, end }]
  })
}

/** A line as the sum of its columns. `latest` is whoever changed it last. */
const ofColumns = (columns: ReadonlyArray<ColumnRange>, latest: Attribution): Attribution => {
  const [first] = columns
  // One whose text was only shortened still was changed by whoever did it.
  if (first === undefined) return latest
  const credits = columns.some((column) => sameAuthor(column, latest)) ? columns : [...columns, latest]
  if (credits.every((credit) => sameAuthor(credit, latest))) return latest
  const types = new Set(credits.map(({ contributor }) => contributor.type))
  const ai = sameType(latest, "ai") ? latest : credits.findLast(({ contributor }) => contributor.model_id !== undefined)
  const type = types.size === 1 ? first.contributor.type : types.has("ai") || types.has("mixed") ? "mixed" : "unknown"
  const lead = type === "unknown" ? undefined : ai
  const model = lead?.contributor.model_id
  return {
    contributor: { type, ...(model === undefined ? {} : { model_id: model }) },
    session: lead?.session ?? null,
    event: lead?.event ?? latest.event,
    evidence: worst(credits.flatMap(({ evidence }) => evidence ?? [])),
    ...(type === "unknown" ? { reason: latest.reason ?? "not-recorded-here" } : {}),
    columns
  }
}

const sameType = (credit: Credit, type: string) => credit.contributor.type === type

/** The credit alone. */
export const creditOf = ({ contributor, session, event, evidence }: Credit): Credit => ({
  contributor,
  session,
  event,
  evidence
})

export const sameCredit = (a: Credit, b: Credit): boolean =>
  a.event === b.event && a.evidence === b.evidence && sameAuthor(a, b)

/** The same person, or the same model in the same session. */
export const sameAuthor = (a: Credit, b: Credit): boolean =>
  a.contributor.type === b.contributor.type &&
  a.contributor.model_id === b.contributor.model_id &&
  a.session === b.session

const worst = (grades: ReadonlyArray<Evidence>): Evidence | null =>
  evidenceGrades.findLast((grade) => grades.includes(grade)) ?? null

/** The owner, no better proved than `grade`. */
export const atBest = (owner: Attribution, grade: Evidence): Attribution => {
  const { evidence } = owner
  if (evidence === null || evidenceGrades.indexOf(evidence) >= evidenceGrades.indexOf(grade)) return owner
  const columns = owner.columns?.map((column) =>
    column.evidence === null || evidenceGrades.indexOf(column.evidence) >= evidenceGrades.indexOf(grade)
      ? column
      : { ...column, evidence: grade }
  )
  return { ...owner, evidence: grade, ...(columns === undefined ? {} : { columns }) }
}

/** Text of which nothing can be said, and why. */
export const unknown = (reason: NonNullable<LineNotes["reason"]>): Attribution => ({
  contributor: { type: "unknown" },
  session: null,
  event: null,
  evidence: null,
  reason
})

/** Neighbouring lines that say the same, as ranges (1-based, inclusive). `same` compares by identity of what is shown. */
export const rangesOf = <A>(
  lines: ReadonlyArray<A>,
  same: (a: A, b: A) => boolean
): ReadonlyArray<{ readonly start: number; readonly end: number; readonly value: A }> => {
  const ranges: Array<{ start: number; end: number; value: A }> = []
  for (const [index, value] of lines.entries()) {
    const last = ranges.at(-1)
    if (last !== undefined && last.end === index && same(last.value, value)) last.end = index + 1
    else ranges.push({ start: index + 1, end: index + 1, value })
  }
  return ranges
}
