/** How the boulder of a project stands: whether it is paused, and each run with its tasks, gates and last decision. */
import * as Effect from "effect/Effect"
import type { ProjectId } from "../../domain/Ids.ts"
import { isPaused, type Run } from "../../domain/boulder/Boulder.ts"
import { tasksOf } from "../../domain/boulder/Observe.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Boulders from "../../projections/Boulders.ts"
import * as Tasks from "../../projections/Tasks.ts"
import type { Config } from "../Config.ts"
import { here } from "../Here.ts"
import { gatesOf } from "../gates/Definitions.ts"
import { sinceOf, statesOf } from "../gates/GateStates.ts"
import { type Checkout, Repositories } from "../ports/Repositories.ts"
import { isoTime } from "../isoTime.ts"
import { switchedOff } from "./State.ts"
import { waitingFor } from "./Inbox.ts"
import { settleLost } from "./Lost.ts"

/** The JSON of `nexus boulder status`. */
export const standings = Effect.gen(function* () {
  const place = yield* here
  yield* settleLost(place.project, place.config)
  const log = yield* EventLog
  const { paused, runs } = Boulders.state(log.database, place.project)
  const items = yield* waitingFor(place.project)
  return {
    paused:
      paused === null || !isPaused({ paused }, Date.now())
        ? null
        : {
            by: paused.by,
            reason: paused.reason,
            since: isoTime(paused.since),
            until: paused.until === null ? null : isoTime(paused.until)
          },
    off: switchedOff(place.checkout.path, place.config),
    runs: yield* Effect.forEach(runs, (run) => standingOf(run, place)),
    inbox: items.length
  }
})

interface Place {
  readonly checkout: Checkout
  readonly project: ProjectId
  readonly config: Config
}

const standingOf = (run: Run, { checkout, project, config }: Place) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const { scope } = run
    const tasks = tasksOf(run.tasks, {
      tasks: Tasks.list(database, project),
      session: scope.kind === "session" ? scope.session : null,
      atWork: new Set()
    })
    const isHere = run.checkout === checkout.path
    const look = Effect.map((yield* Repositories).treeOf(checkout), (tree) => ({ tree }))
    const gates = gatesOf(checkout.path, config)
    const states = isHere
      ? (yield* statesOf({ checkout, project, gates }, look, sinceOf(run, checkout.path))).states
      : []
    return {
      run: run.id,
      scope,
      checkout: run.checkout,
      mode: run.mode,
      status: run.status,
      since: isoTime(run.since),
      continuations: run.continuations,
      limit: config.enforcer.limits.perRun,
      tasks: {
        open: tasks.open + tasks.waiting,
        blocked: tasks.blocked.length,
        done: tasks.done,
        next: tasks.next === null ? null : { id: tasks.next.id, title: tasks.next.title }
      },
      gates: run.gates.map(({ gate: name }) => ({
        name,
        verdict: states.find(({ gate }) => gate.name === name)?.verdict?.verdict ?? null
      })),
      alarms: run.alarms,
      last:
        run.last === null
          ? null
          : {
              id: run.last.position,
              verdict: run.last.verdict,
              rule: run.last.rule,
              reason: run.last.reason,
              time: isoTime(run.last.time)
            }
    }
  })
