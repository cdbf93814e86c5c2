/** What can be asked about: the fields of the query language, and how their values compare. */
import { type ContributorType, evidenceGrades, type UnknownReason } from "../Attribution.ts"

/** Compared as text. */
export interface TextField {
  readonly kind: "text"
  /** Whether upper and lower case differ. */
  readonly exact?: boolean
  /** The part of a value that may stand for it. Globs without "/" are tried on it too. */
  readonly short?: (value: string) => string
  /** `=`, when it is more than being the same. */
  readonly equals?: (value: string, wanted: string) => boolean
}

/** One of a few words, from least to most when `ordered`. */
interface ChoiceField {
  readonly kind: "choice"
  readonly choices: ReadonlyArray<string>
  readonly ordered: boolean
}

export type FieldKind = TextField | ChoiceField | { readonly kind: "number" | "time" | "people" }

const contributors: Readonly<Record<ContributorType, true>> = { ai: true, human: true, mixed: true, unknown: true }
const reasons: Readonly<Record<UnknownReason, true>> = {
  "before-record": true,
  "not-recorded-here": true,
  "blind-call": true,
  contested: true,
  superseded: true,
  "content-lost": true
}

const afterLast = (sign: string) => (value: string) => value.slice(value.lastIndexOf(sign) + 1)
const agentsOwn = (session: string) => session.slice(session.indexOf(":") + 1)
const begins = (value: string, wanted: string) => wanted !== "" && value.startsWith(wanted)

const text = (how: Omit<TextField, "kind"> = {}): TextField => ({ kind: "text", ...how })
const choice = (choices: ReadonlyArray<string>, ordered = false): ChoiceField => ({ kind: "choice", choices, ordered })

export const fields = {
  /** "src/" is everything below it. */
  path: text({
    exact: true,
    short: afterLast("/"),
    equals: (value, wanted) => (wanted.endsWith("/") ? value.startsWith(wanted) : value === wanted)
  }),
  /** "anthropic/claude-opus-4-5" is also "claude-opus-4-5". */
  model: text({
    short: afterLast("/"),
    equals: (value, wanted) => value === wanted || afterLast("/")(value) === wanted
  }),
  contributor: choice(Object.keys(contributors)),
  /** The beginning of the id, or of the agent's own id, is enough. */
  session: text({
    short: agentsOwn,
    equals: (value, wanted) => begins(value, wanted) || begins(agentsOwn(value), wanted)
  }),
  agent: text(),
  evidence: choice(evidenceGrades.toReversed(), true),
  tool: text(),
  event: { kind: "number" },
  time: { kind: "time" },
  author: text(),
  /** The beginning is enough. */
  commit: text({ equals: begins }),
  prompt: text(),
  reason: choice(Object.keys(reasons)),
  lines: { kind: "number" },
  touched_by: { kind: "people" }
} as const satisfies Readonly<Record<string, FieldKind>>

export type Field = keyof typeof fields

/** Other names of fields. */
export const aliases: Readonly<Record<string, Field>> = { file: "path" }

/** What a line is or is not. */
export const flags = ["transformed", "moved", "copied", "deleted"] as const
export type Flag = (typeof flags)[number]

/** `/source/flags`: a regular expression of ECMAScript. */
export interface Pattern {
  readonly source: string
  readonly flags: string
}

/** Of `~` and `!~`: a glob, or a pattern. Of numbers and times: as they were written. */
export type Value = string | Pattern
