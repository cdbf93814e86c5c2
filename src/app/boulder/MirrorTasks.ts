/** Keeps the project's tasks in step with the list that an agent keeps itself. */
import { type ProjectId, type SessionId, tasksStream } from "../../domain/Ids.ts"
import { type AgentList, mirror } from "../../domain/boulder/Mirror.ts"
import type { Commit } from "../../events/Event.ts"
import type { Transaction } from "../../events/EventLog.ts"
import { tasksIn } from "./State.ts"

/** In the transaction in which what the agent said was recorded. */
export const mirrorTasks = (
  transaction: Transaction,
  project: ProjectId,
  session: SessionId,
  list: AgentList,
  { actor, time }: Pick<Commit, "actor" | "time">
): void => {
  const events = mirror(tasksIn(transaction, project), session, list)
  if (events.length > 0)
    transaction.append({
      stream: tasksStream(project),
      project,
      correlation: session,
      actor,
      events,
      ...(time === undefined ? {} : { time })
    })
}
