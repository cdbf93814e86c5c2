/** What a scenario expects of lines, and how it is compared with what attribution says. */
import type { BlamedLine, ColumnRange, ContributorType, Evidence } from "../../src/domain/attribution/Attribution.ts"
import type { Agent } from "./Agent.ts"

/**
 * Who is expected: "H" a person, "U" nobody can know, "A s1 claude-opus-4-5" the AI with this session and model, "M" mixed
 * ("M s1 claude-opus-4-5": with this AI's part). An agent stands for itself. "H | U": either will do.
 */
export type Owner = string | Pick<Agent, "owner">

/** What more is expected of a line. */
export interface Notes {
  /** Re-laid without changing its tokens; by this formatter where one is named. */
  readonly transformedBy?: true | string
  /** Who moved it here. */
  readonly movedBy?: ContributorType
  /** Relative to the folder of the stage. */
  readonly copiedFrom?: string
  readonly similarTo?: true
  readonly evidence?: ReadonlyArray<Evidence>
  /** Of a mixed line: its parts, as columns from and to (1-based, inclusive) and who wrote them. */
  readonly columns?: ReadonlyArray<readonly [from: number, to: number, owner: Owner]>
  /** Whether it is in no commit yet. */
  readonly pending?: boolean
  /** The commit that introduced it. */
  readonly commit?: string
}

export type Line = readonly [text: string, owner: Owner, notes?: Notes]

/** The same owner for several lines. */
export const by = (owner: Owner, ...texts: ReadonlyArray<string>): ReadonlyArray<Line> =>
  texts.map((text) => [text, nameOf(owner)])

const nameOf = (owner: Owner): string => (typeof owner === "string" ? owner : owner.owner)

/** The same lines, with more expected of each. */
export const noted = (notes: Notes, lines: ReadonlyArray<Line>): ReadonlyArray<Line> =>
  lines.map(([text, owner, own]) => [text, nameOf(owner), { ...own, ...notes }])

/** The classes that an expectation allows. */
export const typesOf = (owner: Owner): ReadonlySet<ContributorType> =>
  new Set(
    nameOf(owner)
      .split(" | ")
      .map((one) => classOf(one))
  )

const classOf = (owner: string): ContributorType => {
  const type = letters[owner.split(" ")[0] ?? ""]
  if (type === undefined) throw new Error(`${owner} is no owner of lines`)
  return type
}

const letters: Readonly<Record<string, ContributorType>> = { A: "ai", H: "human", M: "mixed", U: "unknown" }

type Found = Omit<ColumnRange, "start" | "end"> & Pick<BlamedLine, "columns">

/** The id of a model by models.dev. */
const modelId = (model: string): string => (model.includes("/") ? model : `anthropic/${model}`)

const sessionId = (session: string): string => (session.includes(":") ? session : `claude:${session}`)

/** Whether the session and the model are the expected ones; of mixed lines that some part has them. */
export const isOwner = (owner: Owner, found: Found): boolean =>
  nameOf(owner)
    .split(" | ")
    .some((one) => {
      const [, session, model] = one.split(" ")
      if (classOf(one) !== found.contributor.type) return false
      return session === undefined || model === undefined || isAgent(session, model, found)
    })

const isAgent = (session: string, model: string, found: Found): boolean => {
  const is = (credit: Omit<Found, "columns">) =>
    credit.session === sessionId(session) && credit.contributor.model_id === modelId(model)
  if (found.contributor.type !== "mixed") return is(found)
  return (
    found.contributor.model_id === modelId(model) &&
    (is(found) || (found.columns ?? []).some((column) => column.contributor.type === "ai" && is(column)))
  )
}

/** Whether it is this session's at all, whatever the model. */
export const isSession = (owner: Owner, found: Found): boolean => {
  const session = nameOf(owner).split(" ")[1]
  return session === undefined || found.session === sessionId(session)
}

/** What of the notes does not hold, in words. `prefix`: of the stage's folder in the checkout. */
const unmet = (notes: Notes, found: BlamedLine, prefix: string): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const must = (holds: boolean, what: string) => {
    if (!holds) problems.push(what)
  }
  const { transformedBy, movedBy, copiedFrom, similarTo, evidence, columns, pending, commit } = notes
  if (transformedBy !== undefined) {
    const tool = transformedBy === true ? found.transformedBy?.tool : transformedBy
    must(found.transformedBy !== undefined && found.transformedBy.tool === tool, `transformedBy ${tool ?? "anything"}`)
  }
  if (movedBy !== undefined) must(found.movedBy?.contributor === movedBy, `movedBy ${movedBy}`)
  if (copiedFrom !== undefined) must(found.copiedFrom === `${prefix}${copiedFrom}`, `copiedFrom ${prefix}${copiedFrom}`)
  if (similarTo === true) must(typeof found.similarTo === "number", "similarTo an event")
  if (evidence !== undefined)
    must(found.evidence !== null && evidence.includes(found.evidence), `evidence ${evidence.join(" or ")}`)
  if (pending !== undefined) must((found.commit === null) === pending, pending ? "in no commit" : "in a commit")
  if (commit !== undefined) must(found.commit === commit, `commit ${commit.slice(0, 9)}`)
  if (columns !== undefined) {
    const parts = found.columns ?? []
    const same =
      parts.length === columns.length &&
      columns.every(([from, to, owner], index) => {
        const part = parts[index]
        return part !== undefined && part.start === from && part.end === to && isOwner(owner, part)
      })
    must(same, `columns ${columns.map(([from, to, owner]) => `${from}-${to} ${nameOf(owner)}`).join(", ")}`)
  }
  return problems
}

/** A found owner in the words of an expected one. */
export const shown = (found: Found): string => {
  const { type, model_id } = found.contributor
  const letter = Object.entries(letters).find(([, name]) => name === type)?.[0] ?? type
  const session = found.session?.replace(/^claude:/, "")
  return [letter, session, model_id?.replace(/^anthropic\//, "")].filter((word) => word !== undefined).join(" ")
}

const details = (found: BlamedLine): string => {
  const { transformedBy, movedBy, copiedFrom, similarTo, evidence, reason, columns, commit } = found
  const parts = columns?.map((part) => `${part.start}-${part.end} ${shown(part)}`)
  const notes = { evidence, commit: commit?.slice(0, 9), transformedBy, movedBy, copiedFrom, similarTo, reason, parts }
  return Object.entries(notes)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ")
}

/** Text as a line of a file shows it: a carriage return belongs to the line end. */
export const bare = (text: string): string => text.replace(/\r$/, "")

/** The lines of a content, without line ends and byte order mark. */
export const linesOf = (content: string): ReadonlyArray<string> => {
  const lines = content
    .replace(/^\ufeff/, "")
    .split("\n")
    .map(bare)
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines
}

/** Undefined when everything is as expected; else the whole file, expected beside found. */
export const compare = (
  title: string,
  expected: ReadonlyArray<Line>,
  found: ReadonlyArray<BlamedLine>,
  prefix: string
): string | undefined => {
  const rows: Array<readonly [mark: string, expected: string, found: string, text: string]> = []
  for (let index = 0; index < Math.max(expected.length, found.length); index++) {
    const [line, blamed] = [expected[index], found[index]]
    if (line === undefined || blamed === undefined) {
      rows.push([
        "!",
        line === undefined ? "" : nameOf(line[1]),
        blamed === undefined ? "" : shown(blamed),
        line?.[0] ?? blamed?.text ?? ""
      ])
      continue
    }
    const [text, owner, notes = {}] = line
    const problems = [
      ...(bare(blamed.text) === bare(text) ? [] : [`the text is ${JSON.stringify(blamed.text)}`]),
      ...(blamed.line === index + 1 ? [] : [`the line is ${blamed.line}`]),
      ...(isOwner(owner, blamed) ? [] : ["owner"]),
      ...unmet(notes, blamed, prefix)
    ]
    rows.push([
      problems.length === 0 ? " " : "!",
      nameOf(owner),
      shown(blamed),
      problems.length === 0 ? text : `${text}   <- ${problems.join("; ")} (${details(blamed)})`
    ])
  }
  if (rows.every(([mark]) => mark === " ")) return undefined
  const width = (column: 1 | 2, name: string) => Math.max(name.length, ...rows.map((row) => row[column].length))
  const widths = [width(1, "expected"), width(2, "found")] as const
  const table = [["", "expected", "found", "text"] as const, ...rows].map(
    ([mark, one, two, text]) => `${mark.padEnd(1)} ${one.padEnd(widths[0])} | ${two.padEnd(widths[1])} | ${text}`
  )
  return `${title}\n${table.join("\n")}`
}
