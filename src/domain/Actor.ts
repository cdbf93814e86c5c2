/** Who caused an event: a person, an agent with its model, or Nexus itself. */
import * as Schema from "effect/Schema"

/** A person, by the name of their account on this device. */
const Human = Schema.Struct({ kind: Schema.Literal("human"), name: Schema.String })

/**
 * A coding agent: `name` is the client ("claude", "opencode", …), `model` is what produced the action, where known,
 * and `subagent` is the client's own id of the subagent that acted.
 */
const Agent = Schema.Struct({
  kind: Schema.Literal("agent"),
  name: Schema.String,
  model: Schema.optional(Schema.String),
  subagent: Schema.optional(Schema.String)
})

const System = Schema.Struct({ kind: Schema.Literal("system"), name: Schema.String })

export const Actor = Schema.Union(Human, Agent, System)
export type Actor = typeof Actor.Type

/** One word for tables and story lines. */
export const actorLabel = (actor: Actor): string =>
  actor.kind === "agent" ? [actor.name, actor.model].filter((part) => part !== undefined).join("/") : actor.name
