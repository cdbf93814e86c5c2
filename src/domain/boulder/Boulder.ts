/**
 * The boulder of a project: its runs, each holding conversations to their work until it is proved done, and whether all of them
 * are paused. `decide` turns a command into facts or a refusal; `evolve` folds facts into the state that stops are judged by.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { SessionId } from "../Ids.ts"
import { RunId } from "./BoulderEvents.ts"
import type * as Events from "./BoulderEvents.ts"
import { after, type Conversation } from "./Conversation.ts"
import type { Alarm, RunMode } from "./Facts.ts"

export interface Run {
  readonly id: RunId
  readonly scope: Events.Scope
  readonly tasks: Events.RunTasks
  readonly mode: RunMode
  readonly checkout: string
  readonly base: string | null
  readonly uncommitted: ReadonlyArray<string>
  readonly gates: ReadonlyArray<Events.GatePin>
  readonly files: ReadonlyArray<Events.FilePin>
  readonly status: "armed" | "escalated"
  /** When it was armed, resumed or reset: milliseconds since 1970, and the position in the log. */
  readonly since: number
  readonly from: number
  readonly continuations: number
  readonly byTask: Readonly<Record<string, number>>
  /** When the continuations of the last hour were said. */
  readonly recent: ReadonlyArray<number>
  readonly conversations: Readonly<Record<SessionId, Conversation>>
  /** Why it waits for a person. */
  readonly escalation: {
    readonly position: number
    readonly session: SessionId
    readonly reason: string
    readonly time: number
  } | null
  /** What was raised, each once. */
  readonly alarms: ReadonlyArray<Alarm>
  readonly last: {
    readonly position: number
    readonly session: SessionId
    readonly verdict: Events.StopDecided["verdict"]
    readonly rule: string
    readonly reason: string
    readonly time: number
  } | null
}

export interface Pause {
  readonly by: string
  readonly reason: string | null
  readonly since: number
  readonly until: number | null
}

export interface State {
  readonly paused: Pause | null
  /** Those that are not over, the oldest first. */
  readonly runs: ReadonlyArray<Run>
  /** How many were ever armed. */
  readonly armed: number
}

export const initial: State = { paused: null, runs: [], armed: 0 }

export type BoulderFact =
  | { readonly type: "BoulderArmed"; readonly payload: Events.BoulderArmed }
  | { readonly type: "BoulderDisarmed"; readonly payload: Events.BoulderDisarmed }
  | { readonly type: "BoulderPaused"; readonly payload: Events.BoulderPaused }
  | { readonly type: "BoulderResumed"; readonly payload: Events.BoulderResumed }
  | { readonly type: "BoulderReset"; readonly payload: Events.BoulderReset }
  | { readonly type: "StopDecided"; readonly payload: Events.StopDecided }
  | { readonly type: "ContinuationConfirmed"; readonly payload: Events.ContinuationConfirmed }
  | { readonly type: "ContinuationRelaunched"; readonly payload: Events.ContinuationRelaunched }
  | { readonly type: "ContinuationLost"; readonly payload: Events.ContinuationLost }
  | { readonly type: "IntegrityAlarmRaised"; readonly payload: Events.IntegrityAlarmRaised }

export type Command =
  | { readonly do: "arm"; readonly run: Omit<Events.BoulderArmed, "run"> }
  /** Null: every run. */
  | { readonly do: "disarm" | "reset"; readonly run: string | null }
  | { readonly do: "pause"; readonly reason: string | null; readonly until: number | null }
  | { readonly do: "resume" }

/** What a command asks for can't be. `hint` says what can. */
export class BoulderRefused extends Schema.TaggedError<BoulderRefused>()("BoulderRefused", {
  reason: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

type Decided = Either.Either<ReadonlyArray<BoulderFact>, BoulderRefused>

/** Nothing, where it is so already: a command given twice is obeyed once. `now`: milliseconds since 1970. */
export const decide = (state: State, command: Command, now: number): Decided => {
  switch (command.do) {
    case "arm": {
      const run = RunId.make(`R-${state.armed + 1}`)
      // A run of the same conversations begins anew: what gates and files are now is what holds.
      const before = state.runs.filter(({ scope }) => isSameScope(scope, command.run.scope))
      return Either.right([
        ...before.map(({ id }) => disarmed(id)),
        { type: "BoulderArmed", payload: { run, ...command.run } }
      ])
    }
    case "pause": {
      const { reason, until } = command
      if (until !== null && until <= now)
        return refuse("A pause ends in the future.", "Such as: nexus boulder pause --for 1h")
      const { paused } = state
      return Either.right(
        paused !== null && paused.reason === reason && paused.until === until
          ? []
          : [{ type: "BoulderPaused", payload: { reason, until } }]
      )
    }
    case "resume":
      return Either.right(
        state.paused === null && state.runs.every(({ status }) => status === "armed")
          ? []
          : [{ type: "BoulderResumed", payload: {} }]
      )
    case "disarm":
    case "reset": {
      const found = command.run === null ? state.runs : state.runs.filter(({ id }) => id === command.run)
      if (command.run !== null && found.length === 0)
        return refuse(
          `There is no run ${JSON.stringify(command.run)} that is armed.`,
          "List them: nexus boulder status"
        )
      return Either.right(
        found.map(({ id }) =>
          command.do === "disarm" ? disarmed(id) : ({ type: "BoulderReset", payload: { run: id } } as const)
        )
      )
    }
  }
}

const disarmed = (run: RunId): BoulderFact => ({ type: "BoulderDisarmed", payload: { run } })

const refuse = (reason: string, hint: string) => Either.left(new BoulderRefused({ reason, hint }))

const isSameScope = (a: Events.Scope, b: Events.Scope): boolean =>
  a.kind === b.kind &&
  (a.kind === "project" ||
    (a.kind === "checkout" && b.kind === "checkout" && a.path === b.path) ||
    (a.kind === "session" && b.kind === "session" && a.session === b.session))

/** The run that a conversation is held to: its own, else that of its checkout, else that of the project. */
export const runFor = (state: State, session: SessionId, checkout: string): Run | undefined =>
  state.runs.findLast(({ scope }) => scope.kind === "session" && scope.session === session) ??
  state.runs.findLast(({ scope }) => scope.kind === "checkout" && scope.path === checkout) ??
  state.runs.findLast(({ scope }) => scope.kind === "project")

/** The run that holds at a place: for a conversation as `runFor`; for whoever names none, that of the checkout before others. */
export const runAt = (state: State, checkout: string, session: SessionId | undefined): Run | undefined =>
  session === undefined
    ? (state.runs.findLast(({ scope }) => scope.kind === "checkout" && scope.path === checkout) ??
      state.runs.findLast(({ scope }) => scope.kind === "project") ??
      state.runs.findLast((run) => run.checkout === checkout))
    : runFor(state, session, checkout)

/** Whether the project is paused just now, in milliseconds since 1970. */
export const isPaused = ({ paused }: Pick<State, "paused">, now: number): boolean =>
  paused !== null && (paused.until === null || paused.until > now)

/** The state after one more fact. `by`: whose it was. */
export const evolve = (
  state: State,
  fact: BoulderFact,
  { position, time, by }: { readonly position: number; readonly time: number; readonly by: string }
): State => {
  switch (fact.type) {
    case "BoulderArmed": {
      const { run: id, ...rest } = fact.payload
      return {
        ...state,
        armed: state.armed + 1,
        runs: [...state.runs, { ...rest, ...fresh(time, position), id, alarms: [] }]
      }
    }
    case "BoulderDisarmed":
      return { ...state, runs: state.runs.filter(({ id }) => id !== fact.payload.run) }
    case "BoulderPaused":
      return { ...state, paused: { by, since: time, ...fact.payload } }
    case "BoulderResumed":
      return { ...state, paused: null, runs: state.runs.map((run) => ({ ...run, ...fresh(time, position) })) }
    case "BoulderReset":
      return change(state, fact.payload.run, (run) => ({ ...run, ...fresh(time, position) }))
    case "StopDecided":
      return decided(state, fact.payload, position, time)
    case "ContinuationConfirmed":
      return conversation(state, fact.payload, (one) => ({ ...one, pending: null, lost: 0 }))
    case "ContinuationRelaunched":
      return conversation(state, fact.payload, (one) => ({
        ...one,
        // Its turn is waited for from now on.
        pending: one.pending === null ? null : { ...one.pending, time }
      }))
    case "ContinuationLost":
      return conversation(state, fact.payload, (one) => ({
        ...one,
        pending: null,
        lost: one.lost + Number(fact.payload.why !== "a person spoke first")
      }))
    case "IntegrityAlarmRaised":
      return change(state, fact.payload.run, (run) => ({
        ...run,
        alarms: [...run.alarms, fact.payload.alarm].slice(-50)
      }))
  }
}

const fresh = (since: number, from: number) =>
  ({
    status: "armed",
    since,
    from,
    continuations: 0,
    byTask: {},
    recent: [],
    conversations: {},
    escalation: null,
    last: null
  }) as const satisfies Partial<Run>

const change = (state: State, id: RunId, body: (run: Run) => Run | undefined): State => ({
  ...state,
  runs: state.runs.flatMap((run) => (run.id === id ? (body(run) ?? []) : [run]))
})

const conversation = (
  state: State,
  { run: id, session }: { readonly run: RunId; readonly session: SessionId },
  body: (one: Conversation) => Conversation
): State =>
  change(state, id, (run) => {
    const one = run.conversations[session]
    return one === undefined ? run : { ...run, conversations: { ...run.conversations, [session]: body(one) } }
  })

/** So many conversations are remembered, those of the last decisions: whoever comes back after so many others begins anew. */
const remembered = 100

const latest = (all: Run["conversations"]): Run["conversations"] => {
  const entries = Object.entries(all)
  return entries.length <= remembered
    ? all
    : Object.fromEntries(
        entries.toSorted(([, a], [, b]) => b.decided.position - a.decided.position).slice(0, remembered)
      )
}

const hour = 3_600_000

const decided = (state: State, payload: Events.StopDecided, position: number, time: number): State => {
  const { run: id, session, verdict, rule, reason, facts } = payload
  return change(state, id, (run) => {
    // The work is proved done: the run is over. One that only observes goes on observing.
    if (rule === "work is done" && verdict === "allow" && facts.run?.mode === "enforce") return undefined
    const last = { position, session, verdict, rule, reason, time }
    // A stop that was told twice, or is none of the conversation itself, says nothing new about it.
    if (rule === "not ours") return { ...run, last }
    const continues = verdict === "continue" || payload.would === "continue"
    const task = facts.tasks.next?.id ?? ""
    const one = after(payload, run.conversations[session], { position, time })
    return {
      ...run,
      last,
      alarms: facts.alarms,
      ...(verdict === "escalate"
        ? { status: "escalated" as const, escalation: { position, session, reason, time } }
        : {}),
      conversations: latest({ ...run.conversations, [session]: one }),
      ...(continues
        ? {
            continuations: run.continuations + 1,
            byTask: { ...run.byTask, [task]: (run.byTask[task] ?? 0) + 1 },
            recent: [...run.recent.filter((earlier) => time - earlier < hour), time]
          }
        : {})
    }
  })
}
