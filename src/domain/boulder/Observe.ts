/** The facts of a stop: from what the log knows of the run, what happened since, and what the outside looks like just now. */
import { distance } from "fastest-levenshtein"
import type { SessionId } from "../Ids.ts"
import type { Run, State } from "./Boulder.ts"
import { noTallies } from "./Conversation.ts"
import type { Alarm, Facts, GateFact, RunMode } from "./Facts.ts"
import type { Limits } from "./Limits.ts"
import { ready, type Task } from "./Tasks.ts"
import type { Turn } from "./Turn.ts"

/** A conversation of which something was heard within this time, in milliseconds, is at work; after it, it is idle. */
export const atWorkWithin = 10 * 60_000

/** What the log does not know. */
export interface World {
  readonly now: number
  readonly client: string
  readonly session: SessionId
  readonly off: Facts["off"]
  /** As configured: "observe" holds for every run. */
  readonly mode: RunMode
  readonly stop: Omit<Facts["stop"], "isRepeated"> & { readonly turn: string | null; readonly delivered: number }
  /** Tasks, with the conversation that last began each. */
  readonly tasks: ReadonlyArray<Task & { readonly by: string | null }>
  /** Conversations that are at work just now. */
  readonly atWork: ReadonlySet<string>
  /** The run's gates, with the hash of what each that failed said. */
  readonly gates: ReadonlyArray<GateFact & { readonly signature: string | null }>
  readonly alarms: ReadonlyArray<Alarm>
  /** Tokens that the conversation used in all; null where the client does not tell. */
  readonly tokens: number | null
  /** Of all files and the commit they are based on. */
  readonly tree: string
}

/** `hash`: SHA-256 in hex, which the domain has not. */
export const observe = (
  state: State,
  run: Run,
  turn: Turn,
  world: World,
  limits: Limits,
  hash: (text: string) => string
): Facts => {
  const { now, session } = world
  const before = run.conversations[session]
  const tallies = before?.tallies ?? noTallies
  const tasks = tasksOf(run.tasks, world)
  const sinceHuman = turn.humanSpoke ? 0 : (before?.sinceHuman ?? 0)
  const fingerprint = hash(
    JSON.stringify([
      world.tree,
      world.tasks.map(({ id, status }) => [id, status]),
      world.gates.map(({ name, verdict }) => [name, verdict])
    ])
  )
  const goesOn = !turn.humanSpoke && tallies.fingerprints.length > 0
  const tokensBefore = before?.tokensBefore ?? world.tokens
  const { delivered, turn: word, ...stop } = world.stop
  return {
    now,
    client: world.client,
    off: world.off,
    paused:
      state.paused === null ? null : { by: state.paused.by, reason: state.paused.reason, until: state.paused.until },
    run: { id: run.id, mode: world.mode === "observe" ? "observe" : run.mode, status: run.status, since: run.since },
    stop: {
      ...stop,
      // Whoever was told of it before the last decision was made was told of the same stop.
      isRepeated: before !== undefined && (delivered <= before.decided.time || (word !== null && word === before.turn))
    },
    sinceCompaction: turn.compacted === null ? null : now - turn.compacted,
    continued: {
      run: run.continuations,
      task: run.byTask[tasks.next?.id ?? ""] ?? 0,
      hour: run.recent.filter((time) => now - time < 3_600_000).length,
      sinceHuman
    },
    tokens: world.tokens === null || tokensBefore === null ? null : Math.max(0, world.tokens - tokensBefore),
    tokensBefore,
    tokensLast: tallies.tokens,
    fingerprint,
    fingerprints: [...(turn.humanSpoke ? [] : tallies.fingerprints), fingerprint].slice(-limits.oscillation),
    textOnly: turn.acted ? 0 : (goesOn ? tallies.textOnly : 0) + 1,
    sameProgress: goesOn && tallies.fingerprint === fingerprint ? tallies.sameProgress + 1 : 1,
    sameAnswer: goesOn && isAlike(tallies.answer, turn.answer) ? tallies.sameAnswer + 1 : 1,
    answer: turn.answer,
    turn: word,
    failing: world.gates.flatMap(({ name, signature, id }) => {
      if (signature === null || id === null) return []
      const earlier = tallies.failing.find(({ gate }) => gate === name)
      const isSame = goesOn && earlier?.signature === signature
      // The same verdict looked at once more is no new failure.
      const times = isSame ? earlier.times + Number(earlier.id !== id) : 1
      return [{ gate: name, signature, times, id }]
    }),
    lost: turn.humanSpoke ? 0 : (before?.lost ?? 0),
    failures: turn.failures,
    tasks,
    gates: world.gates.map(({ name, verdict, id }) => ({ name, verdict, id })),
    alarms: world.alarms.slice(0, shown)
  }
}

/** An event has room for so many of a kind, and for so much of a text. */
const shown = 20
const words = 300

/** Whether a run with these tasks holds a conversation to this one. */
export const isOfRun = (wanted: Run["tasks"], task: World["tasks"][number], session: string | null): boolean =>
  wanted === "all" ? true : wanted === "claimed" ? task.by === session : wanted.includes(task.id)

/** How the tasks of a run stand, for one of its conversations. */
export const tasksOf = (
  wanted: Run["tasks"],
  { tasks, session, atWork }: Pick<World, "tasks" | "atWork"> & { readonly session: string | null }
): Facts["tasks"] => {
  const mine = tasks.filter((task) => isOfRun(wanted, task, session))
  const isElsewhere = (task: World["tasks"][number]): boolean =>
    task.status === "started" && task.by !== null && task.by !== session && atWork.has(task.by)
  const elsewhere = mine.filter(isElsewhere)
  const unfinished = mine.filter((task) => (task.status === "open" || task.status === "started") && !isElsewhere(task))
  const able = ready(tasks).filter(({ id }) => unfinished.some((task) => task.id === id))
  const isOwn = ({ id, status }: Task): boolean =>
    status === "started" && tasks.some((task) => task.id === id && task.by === session)
  const next = able.find(isOwn) ?? able[0]
  return {
    next: next === undefined ? null : { id: next.id, title: next.title, started: next.status === "started" },
    open: able.length,
    waiting: unfinished.length - able.length,
    elsewhere: elsewhere.length,
    done: mine.filter(({ status }) => status === "done").length,
    blocked: mine
      .filter(({ status }) => status === "blocked")
      .slice(0, shown)
      .map(({ id, reason }) => ({ id, reason: (reason ?? "").slice(0, words).toWellFormed() }))
  }
}

/** Messages that say the same, but for a few letters; 0.95 and more of them are equal. */
const isAlike = (a: string | null, b: string | null): boolean =>
  a !== null && b !== null && distance(a, b) <= 0.05 * Math.max(a.length, b.length)
