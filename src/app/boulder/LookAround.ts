/** What a stop is judged by that the log does not know: the files, the gates as they are defined now, and what the client says. */
import { hash } from "node:crypto"
import * as Effect from "effect/Effect"
import { clientOf, type ProjectId, type SessionId } from "../../domain/Ids.ts"
import type { UsageReported } from "../../domain/SessionEvents.ts"
import type { Run } from "../../domain/boulder/Boulder.ts"
import { finalFailure } from "../../domain/boulder/Failure.ts"
import { atWorkWithin, type World } from "../../domain/boulder/Observe.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Sessions from "../../projections/Sessions.ts"
import * as Tasks from "../../projections/Tasks.ts"
import type { Config } from "../Config.ts"
import { gatesOf } from "../gates/Definitions.ts"
import { type GateState, sinceOf, statesOf } from "../gates/GateStates.ts"
import { Nexus } from "../Nexus.ts"
import type { StopSignal } from "../ports/Agent.ts"
import { type Checkout, Repositories } from "../ports/Repositories.ts"
import { expectStops } from "./Held.ts"
import { changesSince, deletedTests } from "./Pins.ts"

/** Of what a gate printed, so many characters at its end go into the prompt. */
const tailLength = 4096

export interface Place {
  readonly signal: StopSignal
  readonly delivered: number
  readonly now: number
  readonly off: World["off"]
  /** Whoever is let go whatever the work is like is not looked at: the tree is "", and no gate is asked about. */
  readonly isQuiet: boolean
  readonly session: SessionId
  readonly project: ProjectId
  readonly checkout: Checkout
  readonly config: Config
  readonly run: Run
}

/** `printed`: the end of what each gate printed that is red on these files, by its name. */
export const lookAround = (place: Place) =>
  Effect.gen(function* () {
    const { signal, delivered, now, off, session, project, config, run } = place
    const log = yield* EventLog
    const { tree, alarms, mine, printed } = place.isQuiet ? unseen(run) : yield* lookAtWork(place)
    const usage = Sessions.find(log.database, session)?.usage ?? null
    const atWork = Sessions.list(log.database, { project, active: true })
      .filter(({ active, status }) => status === "active" && now - active < atWorkWithin)
      .map(({ id }) => id)
    const world: World = {
      now,
      client: clientOf(session),
      session,
      off,
      mode: config.enforcer.mode === "observe" ? "observe" : "enforce",
      stop: {
        kind: signal.kind === "subagent" && config.enforcer.subagents ? "stop" : signal.kind,
        isNamed: true,
        intent: signal.intent ?? null,
        background: signal.background,
        failure: signal.error === undefined ? null : finalFailure(signal.error) ? "final" : "passing",
        contextPercent: signal.contextPercent ?? null,
        turn: signal.turn ?? null,
        delivered
      },
      tasks: Tasks.list(log.database, project),
      atWork: new Set(atWork),
      gates: [
        ...mine.map(({ gate, verdict }) => ({
          name: gate.name,
          verdict: verdict?.verdict ?? null,
          id: verdict?.position ?? null,
          signature:
            verdict === null || verdict.verdict === "passed" || verdict.verdict === "unavailable"
              ? null
              : hash("sha256", withoutNumbers(printed.get(gate.name) ?? verdict.verdict))
        })),
        // A gate that is gone can't pass any more.
        ...run.gates
          .filter(({ gate }) => mine.every((one) => one.gate.name !== gate))
          .map(({ gate }) => ({ name: gate, verdict: null, id: null, signature: null }))
      ],
      alarms,
      tokens: usage === null ? null : tokensIn(usage),
      tree
    }
    return { world, printed }
  })

/** Of what is not looked at, nothing that was found before is taken back. */
const unseen = (run: Run) => ({
  tree: "",
  alarms: run.alarms.filter(({ kind }) => kind !== "hooks bypassed"),
  mine: [] as ReadonlyArray<GateState>,
  printed: new Map<string, string>()
})

const lookAtWork = ({ project, checkout, config, run }: Place) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const repositories = yield* Repositories
    const { home } = yield* Nexus
    const names = new Set(run.gates.map(({ gate }) => gate))
    const gates = gatesOf(checkout.path, config).filter(({ name }) => names.has(name))
    // Of another checkout than the one that it was armed in, a run knows no beginning.
    const isHome = run.checkout === checkout.path
    const look =
      run.base === null || !isHome
        ? Effect.map(repositories.treeOf(checkout), (tree) => ({ tree, gone: [] }))
        : repositories.treeSince(checkout, run.base)
    expectStops(home.held, checkout.path, isHome ? run.base : null)
    const since = sinceOf(run, checkout.path)
    const { tree, gone, states: mine } = yield* statesOf({ checkout, project, gates }, look, since)
    const changes = isHome ? changesSince(run, { checkout: checkout.path, userFile: home.config }, gates) : []
    const printed = new Map<string, string>()
    for (const { gate, verdict } of mine) {
      if (verdict === null || verdict.output === null || verdict.verdict === "passed") continue
      const output = yield* log.blobs.get(verdict.output)
      if (output !== undefined) printed.set(gate.name, output.toString("utf8").slice(-tailLength).trim())
    }
    return { tree, alarms: [...changes, ...deletedTests(gone)], mine, printed }
  })

/** All but what was read from a cache, which costs next to nothing. */
const tokensIn = (usage: string): number => {
  const { inputTokens, outputTokens, cacheWriteTokens } = JSON.parse(usage) as UsageReported
  return inputTokens + outputTokens + cacheWriteTokens
}

/** The same failure is told with other times, addresses and numbers each time. */
const withoutNumbers = (text: string): string => text.replace(/0x[0-9a-f]+|\d+/gi, "0")
