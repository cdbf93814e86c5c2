/** Events, sessions and projects as they are shown: the documented shapes of `--json`. */
import { agentSession, type SessionId } from "../domain/Ids.ts"
import type { UsageReported } from "../domain/SessionEvents.ts"
import type { RecordedEvent } from "../events/Event.ts"
import type { KnownProject } from "../projections/Projects.ts"
import type { SessionRow } from "../projections/Sessions.ts"
import { isoTime } from "./isoTime.ts"

/** A line of `nexus events --json`. */
export const eventView = (event: RecordedEvent) => ({
  position: event.position,
  id: event.id,
  stream: event.stream,
  version: event.version,
  type: event.type,
  schema: event.schema,
  time: isoTime(event.time),
  project: event.project,
  actor: event.actor,
  device: event.device,
  correlation: event.correlation,
  causation: event.causation,
  payload: event.payload,
  hash: event.hash
})

/** An item of `nexus sessions --json`. `session` is the agent's own id; token counts are null when no transcript told. */
export const sessionView = (row: SessionRow) => {
  const usage = row.usage === null ? null : (JSON.parse(row.usage) as UsageReported)
  return {
    id: row.id,
    session: agentSession(row.id as SessionId),
    agent: row.agent,
    model: row.model,
    project: row.project,
    state: row.status,
    cwd: row.cwd,
    started: isoTime(row.started),
    active: isoTime(row.active),
    counts: {
      prompts: row.prompts,
      tools: row.tools,
      edits: row.edits,
      failures: row.failures,
      subagents: row.subagents,
      stops: row.stops
    },
    tokens:
      usage === null
        ? null
        : {
            input: usage.inputTokens,
            output: usage.outputTokens,
            cacheRead: usage.cacheReadTokens,
            cacheWrite: usage.cacheWriteTokens
          }
  }
}

export const projectView = (row: KnownProject) => ({
  id: row.id,
  name: row.name,
  root: row.root,
  remote: row.remote,
  paths: row.paths,
  hooks: row.hooks,
  registered: isoTime(row.registered)
})
