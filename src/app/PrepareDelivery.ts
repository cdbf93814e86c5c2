/**
 * A delivered payload made ready to be recorded: parsed, redacted, read by its agent's adapter, its contents hashed and
 * compressed. All that takes time happens here, before the transaction.
 */
import { isUtf8 } from "node:buffer"
import { hash } from "node:crypto"
import { isAbsolute, relative, resolve, sep } from "node:path"
import * as Effect from "effect/Effect"
import type { ContentRef } from "../domain/Content.ts"
import type { ContentHash, ProjectId, SessionId } from "../domain/Ids.ts"
import type { Observation, SessionFact } from "../domain/Session.ts"
import type { PreparedBlob } from "../events/Blobs.ts"
import { EventLog } from "../events/EventLog.ts"
import type { LogFailure } from "../events/LogErrors.ts"
import { type Delivery, largest, type Spool, type SpoolUnavailable } from "../events/Spool.ts"
import { loadSafely } from "./Config.ts"
import { contentStore } from "./ContentStore.ts"
import { Nexus } from "./Nexus.ts"
import { type Agent, type Edit, type JsonObject, PayloadRefused, type Reading } from "./ports/Agent.ts"
import type { Repositories } from "./ports/Repositories.ts"
import { Secrets } from "./ports/Secrets.ts"
import { type Located, projectOf } from "./ProjectOf.ts"
import { redactPayload } from "./RedactPayload.ts"
import type { SessionStates } from "./SessionStates.ts"

export interface Prepared {
  readonly delivery: Delivery
  /** Its idempotency key, and what makes another delivery with that key the same. */
  readonly key: string
  readonly fingerprint: string
  readonly reading: Observation & {
    readonly session: SessionId
    readonly subagent?: string
    readonly subagentModel?: string
  }
  readonly context: { readonly project?: ProjectId }
  readonly blobs: ReadonlyArray<PreparedBlob>
  /** Each is recorded once in this log, by its key. */
  readonly drift: ReadonlyArray<{ readonly key: string; readonly fact: SessionFact }>
}

type Preparing = EventLog | Nexus | Repositories | Secrets

/** Undefined when another process has taken the delivery meanwhile. */
export const prepare = (
  spool: Spool,
  delivery: Delivery,
  live: boolean,
  states: SessionStates
): Effect.Effect<Prepared | undefined, PayloadRefused | LogFailure | SpoolUnavailable, Preparing> =>
  Effect.gen(function* () {
    const nexus = yield* Nexus
    const agent = nexus.agents.find(({ name }) => name === delivery.agent)
    if (agent === undefined) return yield* refuse(`there is no agent named ${JSON.stringify(delivery.agent)}`)
    if (delivery.bytes > largest)
      return yield* refuse(`its ${delivery.bytes} bytes are more than the ${largest} that one payload may have`)
    const bytes = yield* spool.read(delivery.name)
    if (bytes === undefined) return undefined
    const payload = yield* parse(bytes)
    const cwd = typeof payload["cwd"] === "string" ? payload["cwd"] : undefined
    const located = cwd === undefined || !isAbsolute(cwd) ? undefined : yield* projectOf(cwd)
    const { prompts } = loadSafely(nexus.home.config, located?.checkout.top)

    const secrets = yield* Secrets
    const store = contentStore(yield* EventLog, secrets.redact)
    const edits = agent.edits(payload, { live })
    const edited: Array<SessionFact> = []
    for (const edit of edits)
      edited.push({ type: "FileEdited", payload: yield* fileEdited(edit, cwd, located, store.add) })

    const clean = redactPayload(payload, secrets.redact, store.reference)
    const reading = yield* agent.read(clean, { live, usage: states.usage })
    const raw = yield* store.raw(prompts === "full" ? clean : without(clean, agent.promptFields))
    const facts = [...reading.facts]
    if (reading.prompt !== undefined) {
      const { id, by, text } = reading.prompt
      const exact = agent.promptFields.map((field) => payload[field]).find((value) => typeof value === "string") ?? ""
      const content =
        prompts === "off" ? undefined : yield* store.add(Buffer.from(exact), undefined, prompts === "full")
      facts.unshift({
        type: "PromptSubmitted",
        payload: {
          by,
          ...(id === undefined ? {} : { prompt: id }),
          ...(prompts === "full" ? { excerpt: excerptOf(text) } : {}),
          ...(content === undefined ? {} : { content })
        }
      })
    }
    return {
      delivery,
      key: keyOf(agent, reading, delivery),
      fingerprint: hash("sha256", bytes),
      reading: { ...reading, agent: agent.name, facts: [...withRaw(facts, raw), ...edited] },
      context: located === undefined ? {} : { project: located.project },
      blobs: store.blobs,
      drift: reading.drift.map(({ hook, field, problem }) => ({
        key: `drift:${agent.name}:${hook}:${problem}:${field.replace(/[^\w.-]/g, "?")}`,
        fact: { type: "CaptureDriftFound", payload: { agent: agent.name, hook, field, problem, raw } }
      }))
    }
  })

const refuse = (reason: string) => Effect.fail(new PayloadRefused({ reason }))

const parse = (bytes: Buffer): Effect.Effect<JsonObject, PayloadRefused> => {
  if (bytes.length === 0) return refuse("it is empty")
  if (!isUtf8(bytes)) return refuse("it is not UTF-8 text")
  return Effect.try({
    try: () => JSON.parse(bytes.toString("utf8")) as unknown,
    catch: (cause) =>
      new PayloadRefused({ reason: `it is not JSON: ${cause instanceof Error ? cause.message : String(cause)}` })
  }).pipe(
    Effect.flatMap((value) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Effect.succeed(value as JsonObject)
        : refuse("it is JSON, but not an object")
    )
  )
}

const fileEdited = (
  edit: Edit,
  cwd: string | undefined,
  located: Located | undefined,
  add: (content: Buffer, base: Buffer | undefined) => Effect.Effect<ContentRef, LogFailure>
) =>
  Effect.gen(function* () {
    const { path, before, after, ...rest } = edit
    const was = before === undefined || before === null ? before : yield* add(before, undefined)
    const is = after === undefined || after === null ? after : yield* add(after, before ?? undefined)
    return {
      ...rest,
      path: inCheckout(path, cwd, located),
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is })
    }
  })

/** A path as the record names it: relative to the checkout when inside it, with "/". */
const inCheckout = (path: string, cwd: string | undefined, located: Located | undefined): string => {
  const absolute = isAbsolute(path) || cwd === undefined ? path : resolve(cwd, path)
  for (const top of located === undefined ? [] : [located.checkout.top, located.checkout.path]) {
    const inside = relative(top, absolute)
    if (inside !== "" && inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside))
      return inside.split(sep).join("/")
  }
  return absolute.split(sep).join("/")
}

const keyOf = (agent: Agent, reading: Reading, delivery: Delivery): string =>
  reading.delivery === undefined ? `spool:${delivery.name}` : `hook:${reading.session}:${reading.delivery}`

const withRaw = (facts: ReadonlyArray<SessionFact>, raw: ContentHash): ReadonlyArray<SessionFact> =>
  facts.map((fact, index) =>
    index === 0 && fact.type !== "FileEdited" && fact.type !== "UsageReported"
      ? ({ ...fact, payload: { ...fact.payload, raw } } as SessionFact)
      : fact
  )

const without = (payload: JsonObject, fields: ReadonlyArray<string>): JsonObject =>
  Object.fromEntries(Object.entries(payload).filter(([field]) => !fields.includes(field)))

const excerptOf = (text: string): string => {
  const line = text.slice(0, 1000).replace(/\s+/g, " ").trim().toWellFormed()
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}
