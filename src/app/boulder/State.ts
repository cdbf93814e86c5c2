/** What the log knows of a project's boulder and tasks, and whether it may be asked just now. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { type BoulderFact, evolve, initial, type State } from "../../domain/boulder/Boulder.ts"
import { evolve as evolveTasks, type State as TaskState, type TaskFact } from "../../domain/boulder/Tasks.ts"
import { boulderStream, type ProjectId, tasksStream } from "../../domain/Ids.ts"
import type { Database } from "../../events/Database.ts"
import type { Transaction } from "../../events/EventLog.ts"
import { isCurrent } from "../../projections/Bookkeeping.ts"
import * as Boulders from "../../projections/Boulders.ts"
import * as Gates from "../../projections/Gates.ts"
import * as Sessions from "../../projections/Sessions.ts"
import * as Tasks from "../../projections/Tasks.ts"
import type { Config } from "../Config.ts"

/** The file in a checkout that ends all enforcement in it, whatever the log says. */
export const stopFile = ".nexus/STOP"

/** What switches the enforcer off here, without any word to the log. */
export const switchedOff = (checkout: string, config: Config): "environment" | "stop file" | "configuration" | null => {
  if (process.env["NEXUS_ENFORCER"] === "off") return "environment"
  if (existsSync(join(checkout, stopFile))) return "stop file"
  return config.enforcer.mode === "off" ? "configuration" : null
}

/**
 * Whether what the boulder is judged by is in step with the log. It is not between an update of Nexus and the next command, which
 * derives it again; a hook does not wait for that, and lets everybody go.
 */
export const inStep = (database: Database): boolean =>
  [Boulders.Boulders, Tasks.Tasks, Gates.Gates, Sessions.Sessions].every((one) => isCurrent(database, one))

/** The state within a transaction: from the read model when it is in step, else from the events. */
export const stateIn = (transaction: Transaction, project: ProjectId): State =>
  isCurrent(transaction.database, Boulders.Boulders)
    ? Boulders.state(transaction.database, project)
    : transaction.page({ stream: boulderStream(project) }, Number.MAX_SAFE_INTEGER).reduce(
        (state: State, event) =>
          event.payload === null
            ? state
            : evolve(state, event as BoulderFact, {
                position: event.position,
                time: event.time,
                by: event.actor.name
              }),
        initial
      )

/** From the events: what this transaction itself appended counts, too. */
export const tasksIn = (transaction: Transaction, project: ProjectId): TaskState =>
  transaction
    .page({ stream: tasksStream(project) }, Number.MAX_SAFE_INTEGER)
    .reduce((tasks: TaskState, event) => (event.payload === null ? tasks : evolveTasks(tasks, event as TaskFact)), [])
