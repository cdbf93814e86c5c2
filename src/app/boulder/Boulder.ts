/** The boulder of the project that a command was given in: armed, paused, and looked at. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { boulderStream, type ProjectId, type SessionId, sessionStream } from "../../domain/Ids.ts"
import { BoulderRefused, type Command, decide, runAt } from "../../domain/boulder/Boulder.ts"
import type { BoulderArmed, RunTasks, Scope } from "../../domain/boulder/BoulderEvents.ts"
import type { RunMode } from "../../domain/boulder/Facts.ts"
import type { Gate } from "../../domain/boulder/Gates.ts"
import type { Commit } from "../../events/Event.ts"
import { EventLog, type Transaction } from "../../events/EventLog.ts"
import * as Boulders from "../../projections/Boulders.ts"
import * as Tasks from "../../projections/Tasks.ts"
import type { Config } from "../Config.ts"
import * as Find from "../Find.ts"
import { here } from "../Here.ts"
import { gateNamed, gatesOf } from "../gates/Definitions.ts"
import { uncommittedNow } from "../gates/RunCheck.ts"
import { Nexus } from "../Nexus.ts"
import { type Checkout, Repositories } from "../ports/Repositories.ts"
import { Secrets } from "../ports/Secrets.ts"
import { cleanText } from "../RedactPayload.ts"
import { pinsOf } from "./Pins.ts"
import { stateIn } from "./State.ts"

/** Carries out a command, and gives the state before and after it. Fails with BoulderRefused, and has then changed nothing. */
const change = (project: ProjectId, command: Command) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { user, caller } = yield* Nexus
    const now = Date.now()
    const done = yield* log
      .transact((transaction) => {
        const before = stateIn(transaction, project)
        const decided = decide(before, command, now)
        if (Either.isRight(decided) && decided.right.length > 0)
          transaction.append({
            stream: boulderStream(project),
            project,
            actor: caller === undefined ? { kind: "human", name: user } : { kind: "agent", name: caller.agent },
            events: decided.right,
            ...(caller?.session === undefined ? {} : { correlation: caller.session })
          })
        return { before, facts: decided }
      })
      .pipe(Effect.catchTags({ VersionConflict: Effect.die, KeyReused: Effect.die, EventRefused: Effect.die }))
    const facts = yield* done.facts
    return { before: done.before, facts, state: Boulders.state(log.database, project) }
  })

export interface ArmOptions {
  readonly scope: "project" | "checkout" | { readonly session: SessionId }
  readonly tasks: ReadonlyArray<string>
  readonly gates: ReadonlyArray<string>
  readonly observe: boolean
}

/** Holds the conversations of a scope to their work from now on. Fails with NotFound for a task or gate that there is none of. */
export const arm = ({ scope, tasks, gates, observe }: ArmOptions) =>
  Effect.gen(function* () {
    const { checkout, project, config } = yield* here
    const { database } = yield* EventLog
    const known = Tasks.list(database, project).map(({ id }) => id)
    const wanted: RunTasks =
      tasks.length === 0
        ? "all"
        : yield* Effect.forEach(tasks, (name) => Find.named("task", name, known, String, "List them: nexus task list"))
    const run = yield* plan(checkout, config, {
      scope:
        scope === "project"
          ? { kind: "project" }
          : scope === "checkout"
            ? { kind: "checkout", path: checkout.path }
            : { kind: "session", session: scope.session },
      tasks: wanted,
      mode: observe || config.enforcer.mode === "observe" ? "observe" : "enforce",
      gates
    })
    const { caller } = yield* Nexus
    const held =
      caller === undefined ? undefined : runAt(Boulders.state(database, project), checkout.path, caller.session)
    // Another run would take the place of the one that holds this conversation.
    return held === undefined
      ? yield* change(project, { do: "arm", run })
      : yield* onlyPeople("arm", change(project, { do: "arm", run }))
  })

/** A run as it would be armed now. `gates` empty: those that the configuration says. */
export const plan = (
  checkout: Checkout,
  config: Config,
  wanted: {
    readonly scope: Scope
    readonly tasks: RunTasks
    readonly mode: RunMode
    readonly gates: ReadonlyArray<string>
  }
) =>
  Effect.gen(function* () {
    const all = gatesOf(checkout.path, config)
    const names = wanted.gates.length > 0 ? wanted.gates : config.enforcer.gates
    const chosen: ReadonlyArray<Gate> =
      names === null ? all : yield* Effect.forEach(names, (name) => gateNamed(name, all))
    const { scope, tasks, mode } = wanted
    const pins = pinsOf({ checkout: checkout.path, userFile: (yield* Nexus).home.config }, chosen)
    return {
      scope,
      tasks,
      mode,
      checkout: checkout.path,
      base: (yield* Repositories).headOf(checkout),
      uncommitted: fitting(yield* uncommittedNow(checkout.path)),
      gates: pins.gates,
      files: fitting(pins.files)
    } satisfies Omit<BoulderArmed, "run">
  })

/** As much of a list as an event has room for: of more, some may be blamed on an agent, or be changed by it untold. */
const fitting = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> => {
  let bytes = 0
  return items.filter((item) => (bytes += Buffer.byteLength(JSON.stringify(item)) + 1) <= 24 * 1024)
}

/** `run` null: every run. */
export const disarm = (run: string | null) =>
  Effect.flatMap(here, ({ project }) => onlyPeople("disarm", change(project, { do: "disarm", run })))

export const reset = (run: string | null) =>
  Effect.flatMap(here, ({ project }) => onlyPeople("reset", change(project, { do: "reset", run })))

/** `lasts`: milliseconds; null: until it is resumed. */
export const pause = (reason: string | null, lasts: number | null) =>
  Effect.gen(function* () {
    const { project } = yield* here
    const { redact } = yield* Secrets
    const clean = reason === null ? null : cleanText(reason.replace(/\s+/g, " ").trim().slice(0, 500), redact).text
    return yield* change(project, {
      do: "pause",
      reason: clean === "" ? null : clean,
      until: lasts === null ? null : Date.now() + lasts
    })
  })

export const resume = Effect.flatMap(here, ({ project }) => onlyPeople("resume", change(project, { do: "resume" })))

/** What an agent is held to is not its own to undo: in its shell, only what a person just typed as a command of the client's is. */
const onlyPeople = <A, E, R>(what: string, body: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { caller } = yield* Nexus
    if (caller === undefined || (yield* typed(what, caller.session))) return yield* body
    return yield* new BoulderRefused({
      reason: `Only a person may ${what} the boulder, and this is ${caller.agent}'s shell.`,
      hint: 'If a task needs a person: nexus task block ID --reason "…"'
    })
  })

/** So many events back at the most is what a person typed. */
const recent = 500

/**
 * Whether the last that happened in a conversation is that a person gave the client's command `/nexus:<what>`, as Claude Code
 * 2.1.330 tells it (UserPromptExpansion) before the command's own lines run. The plugin lets no model give it.
 */
const typed = (what: string, session: SessionId | undefined) =>
  Effect.gen(function* () {
    if (session === undefined) return false
    const log = yield* EventLog
    const { position } = yield* log.head
    const events = yield* log.page({ stream: sessionStream(session), after: Math.max(0, position - recent) }, recent)
    const last = events.at(-1)
    return (
      last?.type === "HookReceived" &&
      last.payload?.hook === "UserPromptExpansion" &&
      last.payload.detail === `nexus:${what}`
    )
  })

/** Arms a planned run as part of a transaction. */
export const armIn = (
  transaction: Transaction,
  project: ProjectId,
  run: Omit<BoulderArmed, "run">,
  commit: Pick<Commit, "actor" | "correlation">
): void => {
  const decided = decide(stateIn(transaction, project), { do: "arm", run }, 0)
  if (Either.isRight(decided))
    transaction.append({ stream: boulderStream(project), project, ...commit, events: decided.right })
}
