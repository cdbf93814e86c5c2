/** The tasks of the project that the command was given in: looked at, and changed. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Actor } from "../../domain/Actor.ts"
import { type ProjectId, type SessionId, tasksStream } from "../../domain/Ids.ts"
import { runFor } from "../../domain/boulder/Boulder.ts"
import {
  type Command,
  decide,
  type Draft,
  evolve,
  TaskRefused,
  type State,
  type Task,
  type TaskFact
} from "../../domain/boulder/Tasks.ts"
import type { TaskId } from "../../domain/boulder/TaskEvents.ts"
import type { Commit } from "../../events/Event.ts"
import { EventLog, type Transaction } from "../../events/EventLog.ts"
import * as Boulders from "../../projections/Boulders.ts"
import * as Rows from "../../projections/Tasks.ts"
import { armIn, plan } from "./Boulder.ts"
import { stateIn, tasksIn } from "./State.ts"
import { nearest } from "../nearest.ts"
import { NotFound } from "../Find.ts"
import { gateNamed, gatesOf } from "../gates/Definitions.ts"
import { here } from "../Here.ts"
import { Nexus } from "../Nexus.ts"
import { storyLine } from "../StoryLine.ts"
import { projectHere } from "../ProjectOf.ts"
import { Secrets } from "../ports/Secrets.ts"
import { cleanText } from "../RedactPayload.ts"

/** In order of their being added. */
export const list = Effect.gen(function* () {
  const project = yield* projectHere
  return Rows.list((yield* EventLog).database, project)
})

/** Fails with NotFound for a name that is no task's. */
export const find = (name: string) =>
  Effect.flatMap(list, (tasks) => {
    const id = idOf(name)
    const task = tasks.find((one) => one.id === id)
    return task === undefined ? missing(name, tasks) : Effect.succeed({ task, tasks })
  })

/** `3`, `t-3` and `T-3` are the same. */
export const idOf = (name: string): string => (/^\d+$/.test(name) ? `T-${name}` : name.toUpperCase())

const missing = (name: string, tasks: State) => {
  const guess = nearest(
    name.toUpperCase(),
    tasks.map(({ id }) => id)
  )
  return new NotFound({
    what: "task",
    name,
    hint: `${guess === undefined ? "" : `Did you mean ${guess}? `}List them: nexus task list`
  })
}

/**
 * Carries out a command, and gives the tasks that it changed or was about, as they are now. Fails with TaskRefused, and has then
 * changed nothing.
 */
export const change = (command: Command) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const project = yield* projectHere
    const { user, caller } = yield* Nexus
    const clean = yield* cleaned(command)
    if (clean.do === "add") yield* knownGates(clean.drafts)
    const named = clean.do === "add" ? undefined : (yield* find(clean.task)).task
    if (clean.do === "cancel" && caller !== undefined && named?.origin?.session !== caller.session)
      return yield* new TaskRefused({
        reason: `Only a person may cancel ${clean.task}: it is not from ${caller.agent}'s own list.`,
        hint: `If it needs a person: nexus task block ${clean.task} --reason "…"`
      })
    const isClaim = clean.do === "start" && caller?.session !== undefined && named?.by !== caller.session
    const claim = clean.do === "start" && caller?.session !== undefined ? yield* claimOf(caller.session) : undefined
    const { state, facts } = yield* log
      .transact((transaction) => {
        const before = tasksIn(transaction, project)
        const decided = decide(before, clean)
        if (Either.isLeft(decided)) return { state: before, facts: decided }
        // What a person began, an agent may take over.
        const events: ReadonlyArray<TaskFact> =
          decided.right.length === 0 && isClaim && named !== undefined
            ? [{ type: "TaskStarted", payload: { task: named.id } }]
            : decided.right
        const actor: Actor =
          caller === undefined ? { kind: "human", name: user } : { kind: "agent", name: caller.agent }
        const commit = { actor, ...(caller?.session === undefined ? {} : { correlation: caller.session }) }
        if (events.length > 0) transaction.append({ stream: tasksStream(project), project, events, ...commit })
        if (claim !== undefined) claim(transaction, project, commit)
        return { state: decided.right.reduce(evolve, before), facts: decided }
      })
      .pipe(Effect.catchTags({ VersionConflict: Effect.die, KeyReused: Effect.die, EventRefused: Effect.die }))
    const changed = new Set((yield* facts).map(({ payload }): string => payload.task))
    if (clean.do !== "add") changed.add(clean.task)
    return { tasks: state.filter(({ id }) => changed.has(id)) satisfies ReadonlyArray<Task>, state }
  })

/** Fails with NotFound for a gate that there is none of: the task could never be done. */
const knownGates = (drafts: ReadonlyArray<Draft>) =>
  Effect.gen(function* () {
    const names = new Set(drafts.flatMap(({ gates = [] }) => gates))
    if (names.size === 0) return
    const { checkout, config } = yield* here
    const gates = gatesOf(checkout.path, config)
    yield* Effect.forEach(names, (name) => gateNamed(name, gates), { discard: true })
  })

/** Holds the conversation that takes up a task to it, where the configuration says so and no run does so yet. */
const claimOf = (session: SessionId) =>
  Effect.gen(function* () {
    const { checkout, project: at, config } = yield* here
    const { armOnStart, mode } = config.enforcer
    if (!armOnStart || mode === "off") return undefined
    const { database } = yield* EventLog
    if (runFor(Boulders.state(database, at), session, checkout.path) !== undefined) return undefined
    const run = yield* plan(checkout, config, {
      scope: { kind: "session", session },
      tasks: "claimed",
      mode,
      gates: []
    }).pipe(
      // A gate that there is none of keeps nobody from their work.
      Effect.catchTag("NotFound", () => Effect.succeed(undefined))
    )
    if (run === undefined) return undefined
    return (transaction: Transaction, project: ProjectId, commit: Pick<Commit, "actor" | "correlation">): void => {
      if (runFor(stateIn(transaction, project), session, checkout.path) === undefined)
        armIn(transaction, project, run, commit)
    }
  })

/** Titles and reasons are kept without secrets, and ids in the form in which they are listed. */
const cleaned = (command: Command) =>
  Effect.map(Secrets, ({ redact }): Command => {
    const clean = (text: string) => cleanText(text, redact).text
    switch (command.do) {
      case "add":
        return { ...command, drafts: command.drafts.map((draft) => ({ ...draft, title: clean(draft.title) })) }
      case "block":
      case "cancel":
        return { ...command, task: idOf(command.task), reason: clean(command.reason) }
      default:
        return { ...command, task: idOf(command.task) }
    }
  })

/** What happened to a task, in order. */
export const historyOf = (task: TaskId) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const events = yield* log.page({ stream: tasksStream(yield* projectHere) }, Number.MAX_SAFE_INTEGER)
    return events.filter((event) => event.payload !== null && (event as TaskFact).payload.task === task).map(storyLine)
  })
