/** Continuations of which nothing came, though their client tells of every turn that it begins. */
import * as Effect from "effect/Effect"
import { boulderStream, type ProjectId, type SessionId } from "../../domain/Ids.ts"
import type { ContinuationLost } from "../../domain/boulder/BoulderEvents.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Boulders from "../../projections/Boulders.ts"
import type { Config } from "../Config.ts"
import { Nexus } from "../Nexus.ts"
import { stateIn } from "./State.ts"

export type ContinuationOf = Pick<ContinuationLost, "run" | "session" | "decision">

/** Records as lost what was decided and then could not be said any more: the client had gone. */
export const loseUnsaid = (project: ProjectId, one: ContinuationOf | undefined) =>
  Effect.gen(function* () {
    if (one === undefined) return
    const log = yield* EventLog
    yield* log.append([
      {
        stream: boulderStream(project),
        project,
        actor: { kind: "system", name: "nexus" },
        events: [{ type: "ContinuationLost", payload: { ...one, why: "no new turn" } }]
      }
    ])
  }).pipe(Effect.orDie)

/** Records as lost what was not followed by a new turn within the time for it. */
export const settleLost = (project: ProjectId, config: Config) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { agents } = yield* Nexus
    const tells = (session: string): boolean =>
      agents.some((agent) => agent.tellsTurns === true && session.startsWith(`${agent.name}:`))
    const isOver = (time: number): boolean => Date.now() - time > config.enforcer.limits.confirmWithin
    const overdue = (runs: ReturnType<typeof stateIn>["runs"]) =>
      runs.flatMap(({ id: run, conversations }) =>
        Object.entries(conversations).flatMap(([session, { pending }]) =>
          pending !== null && isOver(pending.time) && tells(session)
            ? [{ run, session: session as SessionId, decision: pending.position }]
            : []
        )
      )
    if (overdue(Boulders.state(log.database, project).runs).length === 0) return
    yield* log
      .transact((transaction) => {
        const events = overdue(stateIn(transaction, project).runs).map((one) => ({
          type: "ContinuationLost" as const,
          payload: { ...one, why: "no new turn" as const }
        }))
        if (events.length > 0)
          transaction.append({
            stream: boulderStream(project),
            project,
            actor: { kind: "system", name: "nexus" },
            events
          })
      })
      .pipe(Effect.catchTags({ VersionConflict: Effect.die, KeyReused: Effect.die, EventRefused: Effect.die }))
  })
