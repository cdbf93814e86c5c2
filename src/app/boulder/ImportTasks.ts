/** Tasks from a file: a JSON list, or the checklist of a Markdown plan. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { Draft } from "../../domain/boulder/Tasks.ts"
import { givenText } from "../GivenText.ts"
import * as TaskList from "./TaskList.ts"

/** The file is no list of tasks. Nothing was added. */
export class ImportRefused extends Schema.TaggedError<ImportRefused>()("ImportRefused", {
  source: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.source}: ${this.reason} No task was added.`
  }
}

/** `id`: what `after` of others in the same list may name. Names of known tasks (`T-3`) may stand in `after`, too. */
const Listed = Schema.Struct({
  title: Schema.String,
  id: Schema.optional(Schema.String),
  priority: Schema.optional(Schema.Int),
  after: Schema.optional(Schema.Array(Schema.String)),
  gates: Schema.optional(Schema.Array(Schema.String))
})

/** Adds all tasks of a file ("-": standard input), or none. Those with a title that is on the list and not done are left out. */
export const importTasks = (file: string) =>
  Effect.gen(function* () {
    const { source, text } = yield* givenText(
      file,
      "Name a JSON list of tasks, or a Markdown file with a checklist.",
      (from, reason) => new ImportRefused({ source: from, reason })
    )
    const drafts = yield* Either.mapLeft(draftsIn(text), (reason) => new ImportRefused({ source, reason }))
    const known = new Set(
      (yield* TaskList.list).flatMap(({ title, status }) =>
        status === "done" || status === "cancelled" ? [] : [title]
      )
    )
    const fresh = drafts.filter(({ title, key }) => !known.has(title) || isNamed(drafts, key))
    const { tasks } = yield* TaskList.change({ do: "add", drafts: fresh })
    return { source, added: tasks, known: drafts.length - fresh.length }
  })

/** Whether others of the list come after it: then it can't be left out. */
const isNamed = (drafts: ReadonlyArray<Draft>, key: string | undefined): boolean =>
  key !== undefined && drafts.some(({ after }) => after?.includes(key) === true)

/** The tasks in a text; what is wrong with it when there are none. */
export const draftsIn = (text: string): Either.Either<ReadonlyArray<Draft>, string> => {
  if (/^\s*[[{]/.test(text)) return fromJson(text)
  const items = text
    .split(/\r?\n/)
    .flatMap((line) => /^\s*(?:[-*+]|\d+[.)]) \[([ xX])\] +(.+)$/.exec(line)?.slice(1, 3) ?? [])
  const drafts: Array<Draft> = []
  for (let index = 0; index < items.length; index += 2)
    if (items[index] === " ") drafts.push({ title: (items[index + 1] ?? "").trim() })
  return items.length === 0
    ? Either.left('It is neither a JSON list nor a checklist ("- [ ] Write the parser").')
    : Either.right(drafts)
}

const fromJson = (text: string): Either.Either<ReadonlyArray<Draft>, string> => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    return Either.left(`It is not JSON: ${cause instanceof Error ? cause.message : String(cause)}.`)
  }
  const list = typeof value === "object" && value !== null && "items" in value ? value.items : value
  return Schema.decodeUnknownEither(Schema.Array(Listed), { onExcessProperty: "error" })(list).pipe(
    Either.mapBoth({
      onLeft: (error) => {
        const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
        return `${issue?.path.join(".") ?? "it"}: ${issue?.message ?? "is no task"}.`
      },
      onRight: (tasks) => tasks.map(({ id, ...draft }): Draft => (id === undefined ? draft : { ...draft, key: id }))
    })
  )
}
