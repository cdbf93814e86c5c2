/** What the log tells of the events that lines came from. */
import * as Effect from "effect/Effect"
import type { RecordedEvent } from "../../events/Event.ts"
import { EventLog } from "../../events/EventLog.ts"

export interface EventFacts {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly tool: string | null
  /** The last prompt of its session before it, where its text is kept and was asked for. */
  readonly prompt?: string
}

/** By position. Events that are not there are left out. */
export const eventFacts = (positions: Iterable<number>, withPrompts: boolean) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const facts = new Map<number, EventFacts>()
    const prompts = new Map<string, ReadonlyArray<Prompt>>()
    const events = yield* log.page({ positions: [...new Set(positions)] }, Number.MAX_SAFE_INTEGER)
    for (const event of events) {
      const { position } = event
      const session = withPrompts ? event.correlation : null
      if (session !== null && !prompts.has(session)) prompts.set(session, yield* promptsOf(session))
      const prompt = prompts.get(session ?? "")?.findLast((one) => one.position < position)?.text
      facts.set(position, { time: event.time, tool: toolOf(event), ...(prompt === undefined ? {} : { prompt }) })
    }
    return facts
  })

const toolOf = ({ type, payload }: RecordedEvent): string | null =>
  (type === "FileEdited" || type === "FileObserved") && payload !== null ? (payload.tool ?? null) : null

interface Prompt {
  readonly position: number
  readonly text: string | undefined
}

/** In their order. */
const promptsOf = (session: string) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const events = yield* log.page({ correlation: session, types: ["PromptSubmitted"] }, Number.MAX_SAFE_INTEGER)
    return yield* Effect.forEach(events, (event) =>
      Effect.gen(function* () {
        if (event.type !== "PromptSubmitted" || event.payload === null)
          return { position: event.position, text: undefined }
        const { content, excerpt } = event.payload
        const whole = content?.blob === undefined ? undefined : yield* log.blobs.get(content.blob)
        return { position: event.position, text: whole?.toString("utf8") ?? excerpt } satisfies Prompt
      })
    )
  })
