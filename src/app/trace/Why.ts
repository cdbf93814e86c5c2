/** The chain of events behind one line: from the prompt, through the call and the edits, to the commit. */
import * as Effect from "effect/Effect"
import type { BlamedLine } from "../../domain/attribution/Attribution.ts"
import { actorLabel } from "../../domain/Actor.ts"
import type { RecordedEvent } from "../../events/Event.ts"
import { EventLog } from "../../events/EventLog.ts"
import { describe } from "../../projections/Timeline.ts"
import { History } from "../ports/History.ts"
import { checkoutHere } from "../ProjectOf.ts"
import { isoTime } from "../isoTime.ts"
import { blame, type BlameRequest, NotAFile } from "./Trace.ts"

/** A step of the chain. `event` is a position in the log; `commit` an id; one of the two is there. */
export interface Link {
  readonly step: "prompt" | "call" | "edit" | "relayed" | "moved" | "similar" | "commit"
  readonly time: string
  readonly actor: string
  readonly event: number | null
  readonly commit: string | null
  readonly what: string
}

export interface Explained {
  readonly file: string
  readonly revision: string
  readonly line: BlamedLine
  /** In the order in which it happened. */
  readonly chain: ReadonlyArray<Link>
}

export const why = (request: BlameRequest & { readonly line: number }) =>
  Effect.gen(function* () {
    const [blamed] = yield* blame([{ ...request, lines: [request.line, request.line] }])
    const line = blamed?.lines[0]
    if (blamed === undefined || line === undefined) {
      const reason = `has no line ${request.line}`
      return yield* new NotAFile({ path: request.file, reason, hint: "Lines are counted from 1." })
    }
    const positions = new Map<number, Link["step"]>()
    for (const { event } of line.columns ?? []) if (event !== null) positions.set(event, "edit")
    if (line.event !== null) positions.set(line.event, "edit")
    if (line.similarTo !== undefined) positions.set(line.similarTo, "similar")
    if (line.transformedBy?.event != null) positions.set(line.transformedBy.event, "relayed")
    if (line.movedBy?.event != null) positions.set(line.movedBy.event, "moved")
    const chain: Array<Link> = []
    for (const [position, step] of [...positions].sort(([a], [b]) => a - b))
      chain.push(...(yield* behind(position, step)))
    const commits = [
      [line.commit, "commit"],
      [line.transformedBy?.commit ?? null, "relayed"],
      [line.movedBy?.commit ?? null, "moved"]
    ] as const
    const told = new Set<string>()
    for (const [commit, step] of commits) {
      if (commit === null || told.has(commit)) continue
      told.add(commit)
      chain.push(...(yield* committed(commit, step)))
    }
    return { file: blamed.file, revision: blamed.revision, line, chain } satisfies Explained
  })

/** An event with the prompt and the call that led to it. */
const behind = (position: number, step: Link["step"]) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const [event] = yield* log.page({ after: position - 1, until: position }, 1)
    if (event === undefined) return []
    const session = event.correlation
    const prompts =
      session === null
        ? []
        : yield* log.page(
            { correlation: session, types: ["PromptSubmitted"], until: position },
            Number.MAX_SAFE_INTEGER
          )
    const call = event.causation === null ? undefined : yield* eventNamed(event.causation)
    const links: Array<Link> = []
    const prompt = prompts.at(-1)
    if (prompt !== undefined) links.push(linkOf(prompt, "prompt"))
    if (call !== undefined) links.push(linkOf(call, "call"))
    return [...links, linkOf(event, step)]
  })

const eventNamed = (id: string) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const position = log.database.prepare("SELECT position FROM events WHERE id = ?").pluck().get(id)
    if (typeof position !== "number") return undefined
    const [event] = yield* log.page({ after: position - 1, until: position }, 1)
    return event
  })

const linkOf = (event: RecordedEvent, step: Link["step"]): Link => ({
  step,
  time: isoTime(event.time),
  actor: actorLabel(event.actor),
  event: event.position,
  commit: null,
  what: event.payload === null ? "(payload destroyed)" : describe(event)
})

const committed = (id: string, step: Link["step"]) =>
  Effect.gen(function* () {
    const { path } = yield* checkoutHere
    const commits = yield* (yield* History).commits(path, { revisions: ["--no-walk=unsorted", id] })
    return commits.map(({ commit, author, authored, subject }): Link => ({
      step,
      time: isoTime(authored),
      actor: author,
      event: null,
      commit,
      what: subject
    }))
  })
