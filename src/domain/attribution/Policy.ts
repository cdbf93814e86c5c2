/**
 * Rules that a range of commits can be held against, and what they say of it. `schemas/policy.schema.json` is the same for
 * editors. Every rule is about the lines that the commits introduced, each counted in the commit that introduced it.
 */
import * as Schema from "effect/Schema"
import { type AttributedCommit, type AttributedRange, type Evidence, evidenceGrades } from "./Attribution.ts"
import { fields } from "./query/Fields.ts"
import { like } from "./query/Match.ts"

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })
const Share = Schema.Number.pipe(Schema.between(0, 1))
const Globs = Schema.Array(Schema.String)

export const Policy = Schema.Struct({
  $schema: optional(Schema.String),
  /** Which files the policy is about: those that match `include` (default: all), but for those that match `exclude`. */
  paths: optional(Schema.Struct({ include: optional(Globs), exclude: optional(Globs) })),
  /** The largest share of AI and mixed lines: of all, or of the files under each glob. */
  maxAiShare: optional(Schema.Union(Share, Schema.Record({ key: Schema.String, value: Share }))),
  /** The largest share of lines of which nobody can say who wrote them. */
  maxUnknownShare: optional(Share),
  /** Models (globs) that may have written no line. */
  forbiddenModels: optional(Globs),
  /** The only models (globs) that may have written lines; a model that is not known is not among them. */
  allowedModels: optional(Globs),
  /** The weakest evidence that will do for a line whose writer is told. */
  minEvidence: optional(Schema.Literal("direct", "replayed", "rewritten", "recovered")),
  /**
   * Commits with AI or mixed lines need a trailer (git-interpret-trailers(1)) that says that a person looked at them:
   * `Reviewed-by`, `Approved-by`, `Acked-by` or `Signed-off-by`. "other": not by the commit's author alone.
   * A trailer is a text that anybody can write: this proves that it is there, not that somebody read anything.
   */
  requireHumanReview: optional(Schema.Union(Schema.Boolean, Schema.Literal("other")))
})
export type Policy = typeof Policy.Type

/** A commit to be judged. `trailers`: the last paragraph of its message, one "Name: value" each. */
export interface JudgedCommit extends AttributedCommit {
  readonly trailers: ReadonlyArray<string>
}

/** A file of a commit that breaks a rule, and how many of its lines do. */
export interface Offender {
  readonly commit: string
  readonly path: string
  readonly lines: number
}

export interface Verdict {
  /** The policy's own name of the rule; `maxAiShare` of a glob: `maxAiShare "src/**"`. */
  readonly rule: string
  readonly ok: boolean
  /** In one sentence, with numbers. */
  readonly message: string
  /** Most lines first. */
  readonly offenders: ReadonlyArray<Offender>
}

/** What each rule of the policy says of these commits, in the policy's order. */
export const judge = (policy: Policy, commits: ReadonlyArray<JudgedCommit>): ReadonlyArray<Verdict> => {
  const lines = linesOf(policy, commits)
  return Object.entries(policy).flatMap(([name, limit]) =>
    name in rules && limit !== undefined && limit !== false
      ? rules[name as keyof typeof rules](limit as never, lines)
      : []
  )
}

/** A range of lines with where it stands. */
interface Line {
  readonly commit: JudgedCommit
  readonly path: string
  readonly range: AttributedRange
  readonly count: number
}

const linesOf = ({ paths }: Policy, commits: ReadonlyArray<JudgedCommit>): ReadonlyArray<Line> => {
  const included = matcher(paths?.include ?? ["**"])
  const excluded = matcher(paths?.exclude ?? [])
  return commits.flatMap((commit) =>
    commit.files
      .filter(({ path }) => included(path) && !excluded(path))
      .flatMap(({ path, ranges }) =>
        ranges.map((range) => ({ commit, path, range, count: range.end - range.start + 1 }))
      )
  )
}

type Rule<Limit> = (limit: Limit, lines: ReadonlyArray<Line>) => ReadonlyArray<Verdict>

const rules = {
  maxAiShare: (limit: NonNullable<Policy["maxAiShare"]>, lines: ReadonlyArray<Line>) =>
    typeof limit === "number"
      ? [shareOf("maxAiShare", limit, lines, byAi, "AI or mixed")]
      : Object.entries(limit).map(([glob, most]) => {
          const here = matcher([glob])
          return shareOf(
            `maxAiShare ${JSON.stringify(glob)}`,
            most,
            lines.filter(({ path }) => here(path)),
            byAi,
            "AI or mixed"
          )
        }),
  maxUnknownShare: (limit: number, lines: ReadonlyArray<Line>) => [
    shareOf("maxUnknownShare", limit, lines, ({ range }) => range.contributor.type === "unknown", "unknown")
  ],
  forbiddenModels: (globs: ReadonlyArray<string>, lines: ReadonlyArray<Line>) => {
    const found = lines.filter(byModel(globs))
    return [none("forbiddenModels", found, `by forbidden models${namesIn(found)}`)]
  },
  allowedModels: (globs: ReadonlyArray<string>, lines: ReadonlyArray<Line>) => {
    const allowed = byModel(globs)
    const found = lines.filter((line) => byAi(line) && !allowed(line))
    return [none("allowedModels", found, `by models that are not allowed${namesIn(found)}`)]
  },
  minEvidence: (least: Evidence, lines: ReadonlyArray<Line>) => {
    const worst = evidenceGrades.indexOf(least)
    const found = lines.filter(
      ({ range: { evidence } }) => evidence !== null && evidenceGrades.indexOf(evidence) > worst
    )
    return [none("minEvidence", found, `proved less well than ${JSON.stringify(least)}`)]
  },
  requireHumanReview: (by: true | "other", lines: ReadonlyArray<Line>) => {
    const found = lines.filter((line) => byAi(line) && !isReviewed(line.commit, by))
    const commits = new Set(found.map(({ commit }) => commit.commit)).size
    const whose = by === "other" ? "that somebody other than their author reviewed them" : "that a person reviewed them"
    return [
      none(
        "requireHumanReview",
        found,
        `AI or mixed, in ${commits < 2 ? "a commit" : `${commits} commits`} without a trailer ${whose}`
      )
    ]
  }
} satisfies { readonly [Name in keyof Policy]: Rule<never> }

const byAi = ({ range: { contributor } }: Line): boolean => contributor.type === "ai" || contributor.type === "mixed"

/** AI and mixed lines of a model that is known and matches. */
const byModel = (globs: ReadonlyArray<string>): ((line: Line) => boolean) => {
  const matches = matcher(globs, "model")
  return (line) => {
    const { model_id } = line.range.contributor
    return byAi(line) && model_id !== undefined && matches(model_id)
  }
}

const shareOf = (
  rule: string,
  most: number,
  lines: ReadonlyArray<Line>,
  is: (line: Line) => boolean,
  what: string
): Verdict => {
  const found = lines.filter(is)
  const [part, all] = [total(found), total(lines)]
  const share = all === 0 ? 0 : part / all
  const ok = share <= most
  const message = `${part} of ${counted(all, "line")} (${percent(share)}) ${part === 1 ? "is" : "are"} ${what}; at most ${percent(most)} may be`
  return { rule, ok, message, offenders: ok ? [] : offendersOf(found) }
}

const none = (rule: string, found: ReadonlyArray<Line>, what: string): Verdict => {
  const lines = total(found)
  const message = `${lines === 0 ? "no line is" : lines === 1 ? "1 line is" : `${lines} lines are`} ${what}`
  return { rule, ok: lines === 0, message, offenders: offendersOf(found) }
}

const offendersOf = (lines: ReadonlyArray<Line>): ReadonlyArray<Offender> =>
  [...Map.groupBy(lines, ({ commit, path }) => JSON.stringify([commit.commit, path])).values()]
    .flatMap((group) => {
      const [first] = group
      return first === undefined ? [] : [{ commit: first.commit.commit, path: first.path, lines: total(group) }]
    })
    .sort((a, b) => b.lines - a.lines)

const namesIn = (lines: ReadonlyArray<Line>): string => {
  const names = [...new Set(lines.map(({ range }) => range.contributor.model_id ?? "one that is not known"))].sort()
  return names.length === 0 ? "" : ` (${names.join(", ")})`
}

const total = (lines: ReadonlyArray<Line>): number => lines.reduce((sum, { count }) => sum + count, 0)
const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

const percent = (share: number): string => `${Number((100 * share).toFixed(2))} %`

/** Trailers by which people say that they looked at a commit. */
const reviewTrailer = /^(?:reviewed|approved|acked|signed-off)-by:\s*(.+?)\s*(?:<[^>]*>\s*)?$/i

/** Names that agents sign with. */
const agentName = /\b(?:claude|codex|copilot|cursor|gemini|opencode|aider|devin|bot)\b|\[bot\]/i

const isReviewed = ({ trailers, author }: JudgedCommit, by: true | "other"): boolean =>
  trailers
    .flatMap((trailer) => reviewTrailer.exec(trailer)?.[1] ?? [])
    .some((name) => !agentName.test(name) && (by === true || name !== author))

/** The globs of a policy mean what they mean in a query (`path ~ "src/**"`, `model ~ "claude-*"`). */
const matcher = (globs: ReadonlyArray<string>, field: "path" | "model" = "path"): ((text: string) => boolean) => {
  const tests = globs.map((glob) => like(fields[field], glob))
  return (text) => tests.some((matches) => matches(text))
}
