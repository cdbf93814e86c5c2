/**
 * A delivered payload made ready to be recorded: parsed, redacted, read by its agent's adapter, its contents hashed and
 * compressed. All that takes time happens here, before the transaction.
 */
import { isUtf8 } from "node:buffer"
import { hash } from "node:crypto"
import { isAbsolute, relative, resolve, sep } from "node:path"
import * as Effect from "effect/Effect"
import type { Actor } from "../domain/Actor.ts"
import type { ContentRef } from "../domain/Content.ts"
import type { FileObserved } from "../domain/FileEvents.ts"
import { clientOf, type ContentHash, type ProjectId, type SessionId } from "../domain/Ids.ts"
import type { Observation, SessionFact } from "../domain/Session.ts"
import { isBypass } from "../domain/boulder/Bypass.ts"
import type { AgentList } from "../domain/boulder/Mirror.ts"
import { marker } from "../domain/boulder/Prompt.ts"
import type { PreparedBlob } from "../events/Blobs.ts"
import { EventLog } from "../events/EventLog.ts"
import type { LogFailure } from "../events/LogErrors.ts"
import type { Delivery, SpoolUnavailable } from "../events/Spool.ts"
import * as Spool from "../events/Spool.ts"
import { loadSafely } from "./Config.ts"
import { type ContentStore, contentStore } from "./ContentStore.ts"
import { Nexus } from "./Nexus.ts"
import { type Agent, type CallWindow, type Json, type JsonObject, PayloadRefused, type Reading } from "./ports/Agent.ts"
import type { History } from "./ports/History.ts"
import type { Repositories } from "./ports/Repositories.ts"
import { Secrets } from "./ports/Secrets.ts"
import type { WorkingTree } from "./ports/WorkingTree.ts"
import { type Located, projectOf } from "./ProjectOf.ts"
import { redactPayload } from "./RedactPayload.ts"
import type { SessionStates } from "./SessionStates.ts"
import { lookAround, lookBehind, type Seen } from "./snapshot/CallWindows.ts"
import type { SeenEdit } from "./snapshot/Comparison.ts"
import type { OpenCall } from "./snapshot/OpenCalls.ts"

export interface Prepared {
  readonly delivery: Delivery
  /** Its idempotency key, and what makes another delivery with that key the same. */
  readonly key: string
  readonly fingerprint: string
  /** Undefined when it is of no conversation. */
  readonly reading: ReadingOfSession | undefined
  /** By the edits that the client may tell again: the key under which each is recorded once. */
  readonly once: ReadonlyMap<SessionFact, string>
  readonly observed: ReadonlyArray<{
    readonly type: "FileObserved"
    readonly payload: FileObserved
    readonly actor: Actor
  }>
  readonly context: { readonly project?: ProjectId }
  /** The call that is over with it. */
  readonly ended: OpenCall | undefined
  readonly blobs: ReadonlyArray<PreparedBlob>
  /** Each is recorded once in this log, by its key. */
  readonly drift: ReadonlyArray<{ readonly key: string; readonly fact: SessionFact }>
}

interface ReadingOfSession extends Observation {
  readonly session: SessionId
  readonly subagent?: string
  readonly subagentModel?: string
  readonly tasks?: AgentList
}

type Preparing = EventLog | History | Nexus | Repositories | Secrets | WorkingTree

/** No hook waits longer, in milliseconds: clients end it. */
const endsWithin = 10_000

/** Of a workspace's spool: what is delivered there can be of its worktree alone, whatever folder it names; undefined: of nothing. */
export interface Within {
  readonly of: { readonly folder: string; readonly project: ProjectId } | undefined
}

/** `waiting` names the delivery whose hook waits. Undefined when another process has taken the delivery meanwhile, or should. */
export const prepare = (
  spool: Spool.Spool,
  delivery: Delivery,
  { waiting, within }: { readonly waiting: string | undefined; readonly within: Within | undefined },
  states: SessionStates
): Effect.Effect<Prepared | undefined, PayloadRefused | LogFailure | SpoolUnavailable, Preparing> =>
  Effect.gen(function* () {
    const nexus = yield* Nexus
    const live = delivery.name === waiting
    const named = nexus.agents.find(({ name }) => name === delivery.agent)
    if (named === undefined) return yield* refuse(`there is no agent named ${JSON.stringify(delivery.agent)}`)
    if (delivery.bytes > Spool.largest)
      return yield* refuse(`its ${delivery.bytes} bytes are more than the ${Spool.largest} that one payload may have`)
    const bytes = yield* spool.read(delivery.name)
    if (bytes === undefined) return undefined
    const payload = yield* parse(bytes)
    const host = named.host?.(payload)
    const agent = nexus.agents.find(({ name }) => name === host) ?? named
    const cwd = agent.folder === undefined ? textOf(payload["cwd"]) : agent.folder(payload)
    const located =
      cwd === undefined || !isAbsolute(cwd)
        ? undefined
        : within === undefined
          ? yield* projectOf(cwd)
          : locatedWithin(within, cwd)
    const { prompts } = loadSafely(nexus.home.config, located?.checkout.top)

    const secrets = yield* Secrets
    const store = contentStore(yield* EventLog, secrets.redact)
    const edited: Array<SessionFact> = []
    const told = new Map<SessionFact, string>()
    const window = agent.window(payload)
    // Only while the hook of a call waits can the files be seen as they are before the call: that is for its own process to do.
    if (!live && window?.phase === "start" && hasHookOfItsOwn(delivery)) return undefined
    const seen = yield* lookAround({
      window,
      client: window?.client ?? agent.name,
      live,
      time: delivery.time,
      cwd,
      located,
      edits: agent.edits(payload, { live })
    })
    for (const edit of seen.edits) {
      const fact: SessionFact = { type: "FileEdited", payload: yield* fileEdited(edit, cwd, located, store.add) }
      edited.push(fact)
      if (edit.once !== undefined) told.set(fact, edit.once)
    }
    const observed: Array<Prepared["observed"][number]> = []
    for (const { path, content, ...rest } of [...(agent.observed?.(payload, { live }) ?? []), ...seen.persons]) {
      const kept = content === null ? null : yield* store.add(content, undefined)
      observed.push({
        type: "FileObserved",
        payload: { ...placeOf(path, cwd, located), content: kept, ...rest },
        actor: rest.by === "editor" ? { kind: "human", name: nexus.user } : { kind: "system", name: "nexus" }
      })
    }

    const clean = redactPayload(payload, secrets.redact, store.reference)
    const reading = yield* agent.read(clean, { live, usage: states.usage })
    const { session } = reading
    const delivered = {
      delivery: reading.time === undefined ? delivery : { ...delivery, time: reading.time },
      key: keyOf(agent, reading, delivery),
      fingerprint: reading.manyForms === true ? `${reading.delivery}` : hash("sha256", bytes),
      observed,
      ended: seen.ended,
      context: located === undefined ? {} : { project: located.project }
    }
    if (session === null) {
      return { ...delivered, reading: undefined, once: new Map(), blobs: store.blobs, drift: [] } satisfies Prepared
    }
    const client = clientOf(session)
    const kept = prompts === "full" ? clean : agent.promptFields.reduce(without, clean)
    const stored = yield* store.raw(kept, states.payloads.get(session))
    states.payloads.set(session, stored)
    const raw = stored.blob.hash
    const facts = reading.facts.map((fact) => withBypass(withWrites(fact, window, seen), window))
    const late: Array<SessionFact> = []
    const behind = { session, live, time: delivery.time, facts, seen, call: window?.call }
    for (const edit of yield* lookBehind(behind)) {
      const actor: Actor = {
        kind: "agent",
        name: client,
        ...(edit.subagent === undefined ? {} : { subagent: edit.subagent })
      }
      late.push({ type: "FileEdited", payload: yield* fileEdited(edit, cwd, located, store.add), actor })
    }
    if (reading.prompt !== undefined) {
      const { id, text } = reading.prompt
      // What Nexus itself had the client say is no person's word, whichever way the client took it.
      const by = marker.test(text) ? "machine" : reading.prompt.by
      const exact = agent.promptFields.map((field) => payload[field]).find((value) => typeof value === "string") ?? text
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
      ...delivered,
      reading: { ...reading, session, agent: client, facts: [...late, ...withRaw(facts, raw), ...edited] },
      once: new Map([...told].map(([fact, word]) => [fact, `edit:${session}:${word}`])),
      blobs: store.blobs,
      drift: reading.drift.map(({ hook, field, problem }) => ({
        key: `drift:${client}:${hook}:${problem}:${field.replace(/[^\w.-]/g, "?")}`,
        fact: { type: "CaptureDriftFound", payload: { agent: client, hook, field, problem, raw } }
      }))
    } satisfies Prepared
  })

/** Its own paths are the same out here. Any other is one of the container, and may be somebody else's here. */
const locatedWithin = ({ of }: Within, cwd: string): Located | undefined => {
  if (of === undefined || relative(of.folder, cwd).split(sep)[0] === "..") return undefined
  return { project: of.project, checkout: { top: of.folder, path: of.folder } }
}

/** Whether a hook that will look at the files itself waits for this; it is ended after a while, whatever its process does then. */
const hasHookOfItsOwn = ({ name, time }: Delivery): boolean =>
  Date.now() - time < endsWithin && Spool.hasWaitingHook(name)

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

const fileEdited = (edit: SeenEdit, cwd: string | undefined, located: Located | undefined, add: ContentStore["add"]) =>
  Effect.gen(function* () {
    const { path, from, before, after, once: _, ...rest } = edit
    const fresh = before === undefined || before === null || "oid" in before ? undefined : before
    const was = fresh === undefined ? (before as ContentRef | null | undefined) : yield* add(fresh, undefined)
    const is = after === undefined || after === null ? after : yield* add(after, fresh)
    return {
      ...rest,
      ...placeOf(path, cwd, located),
      ...(from === undefined ? {} : { from: placeOf(from, cwd, located).path }),
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is })
    }
  })

/** A path as the record names it: relative to the checkout when inside it, with "/"; and that checkout. */
const placeOf = (
  path: string,
  cwd: string | undefined,
  located: Located | undefined
): { readonly path: string; readonly checkout?: string } => {
  // Of another platform than this: it is inside nothing here.
  if (!isAbsolute(path) && /^[A-Za-z]:[\\/]/.test(path)) return { path: path.replaceAll("\\", "/") }
  const absolute = isAbsolute(path) || cwd === undefined ? path : resolve(cwd, path)
  for (const top of located === undefined ? [] : [located.checkout.top, located.checkout.path]) {
    const inside = relative(top, absolute)
    if (inside !== "" && inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside))
      return { path: inside.split(sep).join("/"), checkout: located?.checkout.path ?? top }
  }
  return { path: absolute.split(sep).join("/") }
}

const withWrites = (fact: SessionFact, window: CallWindow | undefined, { writes }: Seen): SessionFact =>
  writes !== undefined &&
  (fact.type === "ToolCompleted" || fact.type === "ToolFailed") &&
  fact.payload.call === window?.call
    ? ({ ...fact, payload: { ...fact.payload, writes } } as SessionFact)
    : fact

/** Judged here, where the command is whole. */
const withBypass = (fact: SessionFact, window: CallWindow | undefined): SessionFact =>
  fact.type === "ToolCompleted" && window?.command !== undefined && fact.payload.call === window.call
    ? { ...fact, payload: { ...fact.payload, bypass: isBypass(window.command) } }
    : fact

const keyOf = (agent: Agent, reading: Reading, delivery: Delivery): string =>
  reading.delivery === undefined
    ? `spool:${delivery.name}`
    : `hook:${reading.session ?? agent.name}:${reading.delivery}`

const withRaw = (facts: ReadonlyArray<SessionFact>, raw: ContentHash): ReadonlyArray<SessionFact> =>
  facts.map((fact, index) =>
    index === 0 && fact.type !== "FileEdited" && fact.type !== "UsageReported"
      ? ({ ...fact, payload: { ...fact.payload, raw } } as SessionFact)
      : fact
  )

/** The payload without a field; "." leads into objects. */
const without = (payload: JsonObject, path: string): JsonObject => {
  const [field = "", ...rest] = path.split(".")
  const value = payload[field]
  if (value === undefined) return payload
  const inner = rest.length > 0 && isObject(value) ? without(value, rest.join(".")) : undefined
  if (rest.length > 0 && inner === undefined) return payload
  return Object.fromEntries(
    Object.entries(payload).flatMap(([key, one]) => (key !== field ? [[key, one]] : inner ? [[key, inner]] : []))
  )
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const textOf = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined)

const excerptOf = (text: string): string => {
  const line = text.slice(0, 1000).replace(/\s+/g, " ").trim().toWellFormed()
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}
