/** Who wrote the lines of a file, from `nexus trace blame FILE --json`. Pure. */
import { type Json, listOf, numberOf, objectOf, textOf } from "./Json.ts"

/** The classes of contributors of Agent Trace 0.1.0. */
export const kinds = ["ai", "human", "mixed", "unknown"] as const
export type Kind = (typeof kinds)[number]

/** Lines in a row of one kind, from 0, both ends included. */
export interface Stretch {
  readonly kind: Kind
  readonly start: number
  readonly end: number
}

export interface Attribution {
  readonly stretches: ReadonlyArray<Stretch>
  /** Lines of plain text about a line, from 0; empty where nothing is known of it. */
  readonly hover: (line: number) => ReadonlyArray<string>
}

export const attributionOf = (answer: unknown): Attribution => {
  const lines = new Map(listOf(objectOf(answer)["lines"]).map((one) => [(numberOf(one["line"]) ?? 0) - 1, one]))
  const stretches: Array<Stretch> = []
  for (const [line, told] of [...lines].toSorted(([a], [b]) => a - b)) {
    const kind = kindOf(told)
    const last = stretches.at(-1)
    if (last !== undefined && last.kind === kind && last.end === line - 1)
      stretches[stretches.length - 1] = { ...last, end: line }
    else stretches.push({ kind, start: line, end: line })
  }
  return {
    stretches,
    hover: (line) => {
      const told = lines.get(line)
      return told === undefined ? [] : hoverOf(told)
    }
  }
}

const kindOf = (credit: Json): Kind => {
  const type = objectOf(credit["contributor"])["type"]
  return kinds.find((kind) => kind === type) ?? "unknown"
}

const words = { ai: "AI", human: "Human", mixed: "AI and human", unknown: "Unknown" } as const

const reasons: Readonly<Record<string, string>> = {
  "before-record": "it is older than the record of this project",
  "not-recorded-here": "the commit was made elsewhere, and no record came with it",
  "blind-call": "an agent's command ran here, and nobody looked at which files it changed",
  contested: "an agent's command and somebody else wrote the file at the same time",
  superseded: "an agent had written the same text before, and nobody saw how it came back",
  "content-lost": "the content that would tell is in no store any more"
}

/** "AI: anthropic/claude-opus-4-5", "Human: Ada". */
const whoOf = (credit: Json): string => {
  const kind = kindOf(credit)
  const name =
    textOf(objectOf(credit["contributor"])["model_id"]) ?? (kind === "human" ? textOf(credit["author"]) : undefined)
  return name === undefined ? words[kind] : `${words[kind]}: ${name}`
}

const hoverOf = (line: Json): ReadonlyArray<string> => {
  const session = textOf(line["session"])
  const event = numberOf(line["event"])
  const evidence = textOf(line["evidence"])
  const reason = textOf(line["reason"])
  const commit = textOf(line["commit"])
  const author = textOf(line["author"])
  return [
    whoOf(line),
    ...listOf(line["columns"]).map(
      (part) => `Columns ${numberOf(part["start"]) ?? "?"}–${numberOf(part["end"]) ?? "?"}: ${whoOf(part)}`
    ),
    ...(session === undefined ? [] : [`Conversation ${session}`]),
    ...(event === undefined ? [] : [`Event ${event}`]),
    ...(evidence === undefined ? [] : [`Evidence: ${evidence}`]),
    ...(reason === undefined ? [] : [`Reason: ${reasons[reason] ?? reason}`]),
    ...notesOf(line),
    commit === undefined
      ? "In no commit yet"
      : `Commit ${commit.slice(0, 10)}${author === undefined ? "" : ` by ${author}`}`
  ]
}

const notesOf = (line: Json): ReadonlyArray<string> => {
  const by = (value: unknown): string => {
    const { event, commit } = objectOf(value)
    const told = numberOf(event)
    return told === undefined ? `commit ${textOf(commit)?.slice(0, 10) ?? "unknown"}` : `event ${told}`
  }
  const formatter = textOf(objectOf(line["transformedBy"])["tool"])
  const similar = numberOf(line["similarTo"])
  const note = (name: string, text: string) => (line[name] === undefined ? [] : [text])
  return [
    ...note(
      "transformedBy",
      `Formatted by ${formatter === undefined ? "" : `${formatter}, `}${by(line["transformedBy"])}`
    ),
    ...note(
      "movedBy",
      `Moved from ${textOf(objectOf(line["movedBy"])["from"]) ?? "elsewhere"} by ${by(line["movedBy"])}`
    ),
    ...note("copiedFrom", `The file began as a copy of ${textOf(line["copiedFrom"]) ?? "another"}`),
    ...(similar === undefined ? [] : [`An AI had written the same text before: event ${similar}`]),
    ...note("imported", `Imported from ${textOf(line["imported"]) ?? "elsewhere"}`)
  ]
}
