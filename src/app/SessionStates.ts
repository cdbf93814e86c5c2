/** The states of sessions while deliveries are recorded: from the read model when it is in step, else from the events. */
import type { SessionId } from "../domain/Ids.ts"
import { sessionStream } from "../domain/Ids.ts"
import * as Session from "../domain/Session.ts"
import type { UsageReported } from "../domain/SessionEvents.ts"
import type { Base } from "../events/Blobs.ts"
import type { EventLog, Transaction } from "../events/EventLog.ts"
import { isCurrent } from "../projections/Bookkeeping.ts"
import * as Sessions from "../projections/Sessions.ts"

export interface SessionStates {
  /** Starts anew in a transaction: what was known before may be out of date. */
  readonly begin: (transaction: Transaction) => void
  readonly get: (id: SessionId) => Session.State | undefined
  /** Adds a fact to what `get` answers. */
  readonly evolve: (id: SessionId, fact: Session.SessionFact, time: number) => Session.State
  /** The last payload of each session that was prepared to be stored: the next resembles it. */
  readonly payloads: Map<SessionId, Required<Base>>
  /** Outside a transaction, and perhaps a moment old. */
  readonly usage: (id: SessionId) => UsageReported | null
}

export const make = (log: EventLog["Type"]): SessionStates => {
  const states = new Map<SessionId, Session.State | undefined>()
  let within: Transaction | undefined
  let inStep = false

  const load = (id: SessionId): Session.State | undefined => {
    if (within === undefined) return undefined
    if (inStep) {
      const row = Sessions.find(within.database, id)
      return row === undefined ? undefined : Sessions.stateOf(row)
    }
    let state: Session.State | undefined
    let after = 0
    for (;;) {
      const events = within.page({ stream: sessionStream(id), after }, 1000)
      for (const event of events) {
        // A destroyed payload says nothing any more.
        if (event.payload !== null) state = Session.evolve(state, event as Session.SessionFact, event.time)
      }
      const last = events.at(-1)
      if (last === undefined) return state
      after = last.position
    }
  }

  const get = (id: SessionId) => {
    if (!states.has(id)) states.set(id, load(id))
    return states.get(id)
  }

  return {
    payloads: new Map(),
    begin: (transaction) => {
      states.clear()
      within = transaction
      inStep = isCurrent(transaction.database, Sessions.Sessions)
    },
    get,
    evolve: (id, fact, time) => {
      const state = Session.evolve(get(id), fact, time)
      states.set(id, state)
      return state
    },
    usage: (id) => {
      if (!isCurrent(log.database, Sessions.Sessions)) return null
      const row = Sessions.find(log.database, id)
      return row === undefined ? null : Sessions.stateOf(row).usage
    }
  }
}
