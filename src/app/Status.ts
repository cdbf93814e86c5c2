/** How things stand, at a glance and without looking through the log. */
import * as Effect from "effect/Effect"
import { EventLog } from "../events/EventLog.ts"
import * as Spool from "../events/Spool.ts"
import { Projections } from "../projections/Projections.ts"
import * as Projects from "../projections/Projects.ts"
import * as Sessions from "../projections/Sessions.ts"
import { Nexus } from "./Nexus.ts"
import { Repositories } from "./ports/Repositories.ts"
import { projectView, sessionView } from "./Views.ts"

export const status = Effect.gen(function* () {
  const log = yield* EventLog
  const nexus = yield* Nexus
  const spool = Spool.make(nexus.home.spool)
  const checkout = (yield* Repositories).checkoutOf(nexus.cwd)
  const projects = Projects.list(log.database)
  const here = checkout === undefined ? undefined : Projects.at(log.database, checkout.path)
  const project = projects.find(({ id }) => id === here)
  const degraded = (yield* (yield* Projections).status)
    .filter(({ faults, current }) => faults > 0 || !current)
    .map(({ name }) => name)
  const head = yield* log.head
  return {
    version: nexus.version,
    home: nexus.home.path,
    device: log.device,
    checkout: checkout?.path ?? null,
    project: project === undefined ? null : projectView(project),
    log: { events: head.position, head: head.hash },
    projects: projects.length,
    sessions: {
      total: Sessions.count(log.database),
      active: Sessions.ongoing(log.database, 20).map(sessionView)
    },
    spool: { waiting: (yield* spool.list).length, rejected: (yield* spool.rejected).length },
    degraded
  }
})
