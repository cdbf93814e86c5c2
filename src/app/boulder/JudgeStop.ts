/**
 * A client asks whether it may stop: the facts are gathered, the verdict is made and recorded in one transaction, and the answer
 * given. Where no run holds the conversation to its work, this is one look into a table.
 */
import { hash } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import * as Effect from "effect/Effect"
import { boulderStream, type SessionId, sessionStream } from "../../domain/Ids.ts"
import type { SessionFact } from "../../domain/Session.ts"
import { isPaused, type Run, runFor, type State } from "../../domain/boulder/Boulder.ts"
import type { StopDecided } from "../../domain/boulder/BoulderEvents.ts"
import { algorithm, decide, delayOf } from "../../domain/boulder/Decide.ts"
import type { Alarm } from "../../domain/boulder/Facts.ts"
import { observe } from "../../domain/boulder/Observe.ts"
import { promptOf } from "../../domain/boulder/Prompt.ts"
import * as Turn from "../../domain/boulder/Turn.ts"
import type { NewEvent, Query, RecordedEvent } from "../../events/Event.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Boulders from "../../projections/Boulders.ts"
import { loadTold } from "../Config.ts"
import { contentStore } from "../ContentStore.ts"
import { Nexus } from "../Nexus.ts"
import type { Answer, StopSignal } from "../ports/Agent.ts"
import { Secrets } from "../ports/Secrets.ts"
import { projectOf } from "../ProjectOf.ts"
import { inStep, stateIn, switchedOff } from "./State.ts"
import { expectNoStops } from "./Held.ts"
import { lookAround } from "./LookAround.ts"
import { launcher } from "./Launcher.ts"
import { type ContinuationOf, loseUnsaid } from "./Lost.ts"

/** A stop as a hook delivered it. `delivered`: milliseconds since 1970. */
export interface Stop {
  readonly signal: StopSignal
  readonly cwd: string | undefined
  readonly delivered: number
  /** Tells a line to whoever looks after the client's hooks. */
  readonly warn: (line: string) => void
}

/** A client waits no longer than this for its answer, in milliseconds; clients end a hook of theirs after ten seconds. */
export const patience = 8000

export const judgeStop = ({ signal, cwd, delivered, warn }: Stop) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { home } = yield* Nexus
    const { session } = signal
    const located = cwd === undefined || session === null ? undefined : yield* projectOf(cwd)
    if (located === undefined || session === null || !inStep(log.database)) return allowed
    const { project, checkout } = located
    const state = Boulders.state(log.database, project)
    const known = runFor(state, session, checkout.path)
    // A run that waits for a person says so once to each conversation in turn; after that there is nothing to tell or keep.
    const isTold = known?.last?.session === session && known.last.rule === "not armed"
    if (known === undefined || isTold) {
      expectNoStops(home.held, checkout.path)
      return allowed
    }
    const { config, problem } = loadTold(home.config, checkout.path)
    if (problem !== null) warn(`${problem} Until that is mended, every agent is let go.`)
    const now = Date.now()
    const off = switchedOff(checkout.path, config)
    const isQuiet = off !== null || isPaused(state, now)
    if (isQuiet) {
      expectNoStops(home.held, checkout.path)
      const [last] = Boulders.decisions(log.database, project, { limit: 1, session })
      const isKept =
        off === null
          ? last?.rule === "paused" && last.time >= (state.paused?.since ?? now)
          : last?.rule === "switched off"
      // Kept once for each conversation: the next ones would say the same.
      if (isKept && last?.run === known.id) return allowed
    }
    const place = { signal, delivered, now, off, isQuiet, session, project, checkout, config, run: known }
    const { world, printed } = yield* lookAround(place)
    const nexus = launcher(yield* Nexus)
    const store = contentStore(log, (yield* Secrets).redact)
    const { limits } = config.enforcer

    const decideOn = (state: State, run: Run, events: ReadonlyArray<RecordedEvent>): StopDecided => {
      const turn = turnOf(run, session, events)
      const alarms = [...bypassed(run, turn), ...world.alarms]
      const facts = observe(state, run, turn, { ...world, alarms }, limits, sha256)
      return { run: run.id, session, ...decide(facts, limits), algorithm, facts, limits }
    }
    const since = (run: Run): Query => ({
      stream: sessionStream(session),
      after: run.conversations[session]?.decided.position ?? run.from
    })
    const draft = decideOn(state, known, yield* log.page(since(known), most))
    const text =
      draft.verdict === "continue" ? promptOf(draft.facts, draft.level ?? 1, limits, { nexus, printed }) : undefined
    const kept = text === undefined ? undefined : yield* store.add(Buffer.from(text), undefined)
    let said: ContinuationOf | undefined
    const decided = yield* log
      .transact((transaction): StopDecided | undefined => {
        said = undefined
        const current = stateIn(transaction, project)
        const run = runFor(current, session, checkout.path)
        // Whoever waited for the log too long has gone.
        if (run === undefined || isTooLate(delivered)) return undefined
        // Another hook may have been told of the same stop: what it decided meanwhile counts.
        const isUnmoved = isDeepStrictEqual(current, state)
        if (!isUnmoved && isQuiet) return undefined
        const decision = isUnmoved ? draft : decideOn(current, run, transaction.page(since(run), most))
        if (decision === draft) for (const blob of store.blobs) transaction.putBlob(blob)
        const payload = { ...decision, ...(decision === draft && kept !== undefined ? { text: kept } : {}) }
        const { last } = transaction.append({
          stream: boulderStream(project),
          project,
          correlation: session,
          actor: { kind: "system", name: "nexus" },
          events: eventsOf(payload, run)
        })
        if (decision.verdict === "continue") said = { run: run.id, session, decision: last }
        return decision
      })
      .pipe(
        Effect.catchTags({ VersionConflict: Effect.die, KeyReused: Effect.die, EventRefused: Effect.die }),
        Effect.onInterrupt(() => loseUnsaid(project, said))
      )
    if (decided !== undefined && isTooLate(delivered)) yield* loseUnsaid(project, said)
    if (decided === undefined || isTooLate(delivered)) return allowed
    if (decided.verdict !== "continue") return answerTo(decided, nexus)
    return {
      kind: "continue",
      text: text ?? promptOf(decided.facts, decided.level ?? 1, limits, { nexus, printed }),
      level: decided.level ?? 1,
      delayMs: delayOf(decided.facts, limits)
    } satisfies Answer
  })

/** The client has gone before it could be answered. */
const isTooLate = (delivered: number): boolean => Date.now() - delivered > patience

/** So many events of a conversation lie between two of its stops at the most. */
const most = 100_000

const allowed: Answer = { kind: "allow" }

const sha256 = (text: string): string => hash("sha256", text)

/** A person is told once, when something waits for them; a stop that is as it should be needs no words. */
const answerTo = (decided: StopDecided, nexus: string): Answer => {
  const { verdict, rule, reason, run } = decided
  if (verdict === "escalate")
    return { kind: "allow", notice: `[nexus ${run}] Stopped for a person: ${reason} See: ${nexus} inbox` }
  if (rule === "work is done" || rule === "a person is needed")
    return { kind: "allow", notice: `[nexus ${run}] ${reason}` }
  return allowed
}

/** The decision, and before it what it saw for the first time. */
const eventsOf = (decided: StopDecided, run: Run): ReadonlyArray<NewEvent> => {
  const isNew = ({ kind, subject }: Alarm): boolean =>
    run.alarms.every((alarm) => alarm.kind !== kind || alarm.subject !== subject)
  return [
    ...decided.facts.alarms.filter(isNew).map((alarm): NewEvent => ({
      type: "IntegrityAlarmRaised",
      payload: { run: decided.run, session: decided.session, alarm }
    })),
    { type: "StopDecided", payload: decided }
  ]
}

/** What came in the conversation since its last decision, or since its run was armed. */
const turnOf = (run: Run, session: SessionId, events: ReadonlyArray<RecordedEvent>): Turn.Turn =>
  events.reduce(
    (turn, event) => (event.payload === null ? turn : Turn.evolve(turn, event as SessionFact, event.time)),
    Turn.turnAfter(run.conversations[session] ?? { failures: { inRow: 0, last: null }, compacted: null })
  )

/** Commits past the project's hooks stay an alarm of the run: they can't be taken back by putting a file right. */
const bypassed = (run: Run, turn: Turn.Turn): ReadonlyArray<Alarm> => {
  const earlier = run.alarms.filter(({ kind }) => kind === "hooks bypassed")
  const now = turn.bypasses
    .filter((subject) => earlier.every((alarm) => alarm.subject !== subject))
    .map((subject): Alarm => ({ kind: "hooks bypassed", subject, detail: "it ran past the project's hooks" }))
  return [...earlier, ...now]
}
