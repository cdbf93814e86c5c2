/** What came of a continuation: told by the first that is heard of the conversation afterwards. */
import { boulderStream, type ProjectId, type SessionId } from "../../domain/Ids.ts"
import type { SessionFact } from "../../domain/Session.ts"
import type { RunId } from "../../domain/boulder/BoulderEvents.ts"
import type { ContinuationLost } from "../../domain/boulder/BoulderEvents.ts"
import type { Transaction } from "../../events/EventLog.ts"
import { isCurrent } from "../../projections/Bookkeeping.ts"
import * as Boulders from "../../projections/Boulders.ts"

/** Records it in the transaction in which these facts of the conversation were recorded. */
export const settle = (transaction: Transaction, session: SessionId, facts: ReadonlyArray<SessionFact>): void => {
  const outcome = facts.map(outcomeOf).find((one) => one !== undefined)
  if (outcome === undefined || !isCurrent(transaction.database, Boulders.Boulders)) return
  const pending = Boulders.pending(transaction.database, session)
  if (pending === undefined) return
  const key = `continuation:${pending.project}:${pending.decision}`
  if (transaction.recorded(key) !== undefined) return
  const { project, decision } = pending
  const run = pending.run as RunId
  transaction.append({
    stream: boulderStream(project as ProjectId),
    project,
    correlation: session,
    key,
    fingerprint: key,
    actor: { kind: "system", name: "nexus" },
    events: [
      outcome === "confirmed"
        ? { type: "ContinuationConfirmed", payload: { run, session, decision } }
        : { type: "ContinuationLost", payload: { run, session, decision, why: outcome } }
    ]
  })
}

/** Undefined: it says nothing about whether the conversation went on. */
const outcomeOf = (fact: SessionFact): "confirmed" | ContinuationLost["why"] | undefined => {
  switch (fact.type) {
    case "ToolStarted":
    case "ToolCompleted":
    case "ToolFailed":
    case "FileEdited":
    case "SubagentStarted":
    case "StopObserved":
      return "confirmed"
    case "PromptSubmitted":
      return fact.payload.by === "machine" ? "confirmed" : "a person spoke first"
    case "SessionEnded":
      return "session ended"
    default:
      return undefined
  }
}
