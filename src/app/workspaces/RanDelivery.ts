/**
 * What ran in a workspace, as it is delivered to this device's spool by a command that does not open the log: without secrets, and
 * with who ran it. RecordDelivered.ts puts it into the log. It loads next to nothing.
 */
import type { Actor } from "../../domain/Actor.ts"
import type { WorkspaceCommandRan } from "../../domain/workspace/WorkspaceEvents.ts"
import type { Caller } from "../ports/Agent.ts"
import type { Secrets } from "../ports/Secrets.ts"
import { cleanText } from "../RedactPayload.ts"

/** What deliveries of Nexus' own are called by, where others have the name of an agent. No agent can have it. */
export const sender = "nexus"

/** More that wait are recorded before another one is delivered. */
export const mostWaiting = 500

export interface RanDelivery {
  readonly type: "WorkspaceCommandRan"
  readonly payload: WorkspaceCommandRan
  readonly actor: Actor
  /** The conversation that it belongs to. */
  readonly correlation?: string
}

/** What is kept of a command: no secret, and no more than anybody reads. */
export const shownCommand = (command: ReadonlyArray<string>, redact: Secrets["Type"]["redact"]): string =>
  cleanText(command.join(" "), redact).text.slice(0, 2000)

/** Who does what this process does, and as part of which conversation. */
export const authorOf = (user: string, caller: Caller | undefined): Pick<RanDelivery, "actor" | "correlation"> => ({
  actor: caller === undefined ? { kind: "human", name: user } : { kind: "agent", name: caller.agent },
  ...(caller?.session === undefined ? {} : { correlation: caller.session })
})
