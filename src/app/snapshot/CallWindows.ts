/**
 * Looking at files before and after the calls of agents that may change any of them: while the hook of a call's start waits,
 * what its checkout holds is noted; at its end, what differs is its work, as far as nobody else was at it.
 *
 * Nothing here fails a delivery: what could not be looked at is recorded as the client tells it.
 */
import { join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import type { SessionId } from "../../domain/Ids.ts"
import type { SessionFact } from "../../domain/Session.ts"
import type { ToolCompleted } from "../../domain/SessionEvents.ts"
import { EventLog } from "../../events/EventLog.ts"
import { Nexus } from "../Nexus.ts"
import type { CallWindow, Edit, Observed } from "../ports/Agent.ts"
import { History } from "../ports/History.ts"
import { Secrets } from "../ports/Secrets.ts"
import { type Look, LookFailed, WorkingTree } from "../ports/WorkingTree.ts"
import type { Located } from "../ProjectOf.ts"
import { cleanContent } from "../ContentStore.ts"
import { inside, real, realFolder } from "./CheckoutPaths.ts"
import { commandOf, compare, type Comparison, type SeenEdit } from "./Comparison.ts"
import { type OpenCall, openCalls } from "./OpenCalls.ts"
import type { CommandWrites } from "./ShellCommand.ts"
import { type KeptFile, type Snapshot, snapshotOf } from "./Snapshot.ts"

/** A call in the foreground that is older, in milliseconds, ended without a word: it is nobody's rival any more. */
const longestCall = 30 * 60_000

export interface Delivered {
  readonly window: CallWindow | undefined
  /** The name of the client. */
  readonly client: string
  /** The hook waits: what is on disk is what the agent sees. */
  readonly live: boolean
  /** Milliseconds since 1970. */
  readonly time: number
  readonly cwd: string | undefined
  readonly located: Located | undefined
  /** What the payload tells by itself. */
  readonly edits: ReadonlyArray<Edit>
}

export interface Seen {
  /** The payload's edits, completed and corrected, and those that it does not tell. */
  readonly edits: ReadonlyArray<SeenEdit>
  readonly persons: ReadonlyArray<Observed>
  readonly writes?: ToolCompleted["writes"]
  /** The call that this is the end of. Until that is recorded, others have to know that it was at work. */
  readonly ended?: OpenCall
}

type Looking = EventLog | History | Nexus | Secrets | WorkingTree

/** What becomes of a delivery's edits when its files are looked at. */
export const lookAround = (delivered: Delivered): Effect.Effect<Seen, never, Looking> => {
  const { window, edits, live } = delivered
  const told = { edits, persons: [] }
  if (window === undefined) return Effect.succeed(told)
  if (window.phase === "start") return live ? Effect.as(quietly(begin(delivered, window)), told) : Effect.succeed(told)
  return Effect.map(quietly(end(delivered, window)), (seen) => seen ?? asTold(delivered, window))
}

/** A look that goes wrong is no failure of the delivery. */
const quietly = <A, E, R>(looking: Effect.Effect<A, E, R>): Effect.Effect<A | undefined, never, R> =>
  Effect.catchAllCause(looking, () => Effect.succeed(undefined))

const begin = ({ client, cwd, located, time }: Delivered, window: CallWindow) =>
  Effect.gen(function* () {
    const { home } = yield* Nexus
    const { redact } = yield* Secrets
    const tree = yield* WorkingTree
    const checkout = located?.checkout.path
    const call: OpenCall = {
      session: sessionOf(client, window),
      call: window.call,
      tool: window.tool,
      cwd: realFolder(cwd ?? "/", located),
      reach: window.reach === "checkout" ? "checkout" : "files",
      since: time,
      position: (yield* (yield* EventLog).head).position,
      background: window.background === true,
      idle: false,
      ...(window.subagent === undefined ? {} : { subagent: window.subagent }),
      ...(checkout === undefined ? {} : { checkout }),
      ...(window.command === undefined ? {} : { command: window.command })
    }
    const calls = openCalls(home.calls)
    if (window.reach !== "checkout") {
      const files = window.reach.map((path): readonly [string, KeptFile | null] => {
        const file = resolve(call.cwd, path)
        const seen = tree.see(file)
        if (seen === null) return [file, null]
        const content = seen?.content === undefined ? {} : { content: cleanContent(seen.content, redact) }
        return [file, { id: seen?.id, stamp: seen?.stamp ?? "", ...content }]
      })
      return calls.put(call, { index: "", loose: new Map(files), moves: 0, head: undefined })
    }
    if (checkout === undefined || commandOf(call).nothing) return
    calls.put(call, yield* take(call, checkout))
  })

/** `earlier`: a look that may still hold. */
const take = (call: OpenCall, checkout: string, earlier?: { readonly look: Look; readonly snapshot: Snapshot }) =>
  Effect.gen(function* () {
    const { redact } = yield* Secrets
    const { home } = yield* Nexus
    const tree = yield* WorkingTree
    const index = yield* tree.keepIndex(checkout, openCalls(home.calls).index(call))
    const moves = yield* (yield* History).reflog(checkout)
    const look = earlier?.look.index === index ? earlier.look : yield* tree.look(checkout)
    if (look.index !== index) return yield* new LookFailed({ checkout, detail: "git is at work in it" })
    return snapshotOf(look, moves, redact, earlier?.snapshot)
  }).pipe(Effect.retry({ times: 1 }))

const end = (delivered: Delivered, window: CallWindow) =>
  Effect.gen(function* () {
    const { client, live, time } = delivered
    const calls = openCalls((yield* Nexus).home.calls)
    const call = calls.find(sessionOf(client, window), window.call)
    if (call === undefined) return undefined
    // What goes on is looked at until it ends.
    if (window.background === true) {
      calls.put({ ...call, background: true })
      return { ...asTold(delivered, window), writes: "compared" as const }
    }
    const snapshot = calls.snapshot(call)
    const { edits } = delivered
    const looking =
      snapshot === undefined
        ? Effect.succeed(undefined)
        : call.reach === "files"
          ? complete(delivered, call, snapshot)
          : Effect.map(compareNow(call, snapshot, { taken: [], until: live ? undefined : time }), (compared) =>
              compared === undefined ? undefined : merged(call, compared.comparison, edits)
            )
    const seen = yield* quietly(looking)
    return { ...(seen ?? asTold(delivered, window)), ended: call }
  })

/** Once what was seen of calls is recorded, nothing more is to be seen of them. */
export const forget = (ended: ReadonlyArray<OpenCall>): Effect.Effect<void, never, Nexus> =>
  Effect.asVoid(quietly(Effect.map(Nexus, ({ home }) => ended.forEach(openCalls(home.calls).remove))))

interface Account {
  /** Files that this delivery accounts for otherwise. */
  readonly taken: ReadonlyArray<string>
  /** When the call ended, if not now. */
  readonly until: number | undefined
}

/** Compares a call's checkout with what it was; undefined where there is none. */
const compareNow = (call: OpenCall, snapshot: Snapshot, { taken, until }: Account) =>
  Effect.gen(function* () {
    const { checkout } = call
    if (checkout === undefined) return undefined
    const calls = openCalls((yield* Nexus).home.calls)
    const before = calls.list()
    const look = yield* (yield* WorkingTree).look(checkout, snapshot.loose)
    // A call that began while it was looked may have written what was seen.
    const began = calls.list().filter((one) => !before.some((other) => isSame(one, other)))
    const now = Date.now()
    const comparison = yield* compare({
      call: { ...call, checkout },
      snapshot,
      look,
      others: [...before, ...began].filter((other) => other.background || now - other.since < longestCall),
      taken: new Set(taken),
      ...(until === undefined ? {} : { until })
    })
    return { comparison, look }
  })

const isSame = (one: OpenCall, other: OpenCall): boolean => one.session === other.session && one.call === other.call

/** The client's account of a call, and what was seen of it. */
const merged = (call: OpenCall, compared: Comparison, told: ReadonlyArray<Edit>): Seen => {
  const command = commandOf(call)
  const checkout = call.checkout ?? ""
  const seen = new Map(compared.edits.map((edit) => [edit.path, edit]))
  const known = told.flatMap((edit): ReadonlyArray<SeenEdit> => {
    const file = resolve(call.cwd, edit.path)
    const own = seen.get(join(checkout, inside(checkout, file) ?? ".."))
    if (own !== undefined) {
      seen.delete(own.path)
      const { before = edit.before, after = edit.after } = own
      return [{ ...edit, ...own, before, after }]
    }
    if (compared.others.has(inside(checkout, file) ?? "")) return []
    return claimed(edit, file, command)
  })
  return {
    edits: [...known, ...seen.values()],
    persons: compared.persons,
    ...(compared.complete ? { writes: "compared" } : told.length > 0 ? { writes: "reported" } : {})
  }
}

/** The client's account alone, without what its command can't have written. */
const asTold = ({ cwd, located, edits }: Delivered, { reach, command: text }: CallWindow): Seen => {
  if (reach !== "checkout") return { edits, persons: [] }
  const from = realFolder(cwd ?? "/", located)
  const command = commandOf({ cwd: from, ...(text === undefined ? {} : { command: text }) })
  return {
    edits: edits.flatMap((edit) => claimed(edit, real(resolve(from, edit.path), located), command)),
    persons: [],
    ...(command.nothing ? { writes: "none" } : edits.length > 0 ? { writes: "reported" } : {})
  }
}

/** A change that nobody saw but the client, unless it can't be the command's. The client counts in what others did meanwhile. */
const claimed = (edit: Edit, file: string, command: CommandWrites): ReadonlyArray<Edit> => {
  const isNamed = command.names(file)
  if (command.closed && !isNamed) return []
  const claim = edit.claim ?? (isNamed ? "named" : command.checks ? "contested" : "window")
  return [{ ...edit, claim, ...(command.formatter === undefined ? {} : { formatter: command.formatter }) }]
}

/** The contents that a payload leaves open, of the files that it names. */
const complete = ({ edits, live, time }: Delivered, call: OpenCall, snapshot: Snapshot) =>
  Effect.map(WorkingTree, (tree): Seen => {
    const completed = edits.map((edit): SeenEdit => {
      const file = resolve(call.cwd, edit.path)
      const kept = snapshot.loose.get(edit.from === undefined ? file : resolve(call.cwd, edit.from))
      const seen = edit.after === undefined ? tree.see(file) : undefined
      const isOf = live || (seen?.changed ?? time + 1) <= time
      const before = edit.before === undefined ? (kept === null ? null : kept?.content) : edit.before
      const after = edit.after === undefined && isOf ? (seen === null ? null : seen?.content) : edit.after
      const isFilled = before !== edit.before || after !== edit.after
      return { ...edit, before, after, ...(isFilled ? { evidence: "snapshot" } : {}) }
    })
    return { edits: completed, persons: [] }
  })

export interface Passing {
  readonly session: SessionId
  readonly live: boolean
  /** Milliseconds since 1970. */
  readonly time: number
  readonly facts: ReadonlyArray<SessionFact>
  /** What was seen of the call that it is of. */
  readonly seen: Seen
  /** The call that this delivery is of. */
  readonly call: string | undefined
}

/**
 * The edits of a session's commands that run in the background, as far as they have come at one of its other hooks. Calls
 * that can't have an end any more are forgotten.
 */
export const lookBehind = (passing: Passing): Effect.Effect<ReadonlyArray<SeenEdit>, never, Looking> =>
  Effect.gen(function* () {
    const { session, live, time, facts, seen } = passing
    const calls = openCalls((yield* Nexus).home.calls)
    const isOver = facts.some(({ type }) => type === "SessionEnded")
    const stops = facts.some(({ type }) => type === "StopObserved")
    const edits: Array<SeenEdit> = []
    for (const call of calls.list()) {
      if (call.session !== session || call.call === passing.call) continue
      if (call.background && (live || isOver)) {
        const next = isOver ? undefined : { ...call, idle: call.idle || stops }
        const taken = [...seen.edits, ...seen.persons, ...edits].map(({ path }) => path)
        const account = { taken, until: live ? undefined : time }
        edits.push(...((yield* quietly(follow(call, next, account))) ?? []))
      }
      if (isOver || (stops && !call.background && call.subagent === undefined)) calls.remove(call)
    }
    return edits
  }).pipe(
    quietly,
    Effect.map((edits) => edits ?? [])
  )

/** What a call in the background did so far; from now on it is `next`. */
const follow = (call: OpenCall, next: OpenCall | undefined, account: Account) =>
  Effect.gen(function* () {
    const calls = openCalls((yield* Nexus).home.calls)
    const snapshot = calls.snapshot(call)
    if (snapshot === undefined || call.checkout === undefined) return []
    const compared = yield* compareNow(call, snapshot, account)
    if (compared === undefined) return []
    if (next !== undefined) {
      const position = (yield* (yield* EventLog).head).position
      calls.put({ ...next, position }, yield* take(call, call.checkout, { look: compared.look, snapshot }))
    }
    return compared.comparison.edits
  })

const sessionOf = (client: string, { session }: CallWindow): SessionId => `${client}:${session}` as SessionId
