/** What tests ask of an agent's adapter. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Agent, JsonObject, Reading } from "../../../src/app/ports/Agent.ts"
import type { World } from "../../app/world.ts"

const context = { live: false, usage: () => null }

/** What it reads from a payload. */
export const readingOf = (agent: Agent, payload: JsonObject): Reading =>
  Either.getOrThrow(Effect.runSync(Effect.either(agent.read(payload, context))))

/** Why it refuses a payload; undefined when it does not. */
export const refusalOf = (agent: Agent, payload: JsonObject): string | undefined => {
  const read = Effect.runSync(Effect.either(agent.read(payload, context)))
  return Either.isLeft(read) ? read.left.reason : undefined
}

/** Its edits, with contents as text. */
export const editsOf = (agent: Agent, payload: JsonObject, live = false) =>
  agent.edits(payload, { live }).map(({ before, after, ...rest }) => ({
    ...rest,
    before: before?.toString("utf8") ?? before,
    after: after?.toString("utf8") ?? after
  }))

/** The recorded edits in order, with their contents as stored. */
export const recordedEdits = async (at: World) =>
  Promise.all(
    (await at.ofType("FileEdited")).map(async ({ payload: { path, operation, before, after, model, checkout } }) => ({
      path,
      operation,
      model,
      checkout,
      before: before === null ? null : await at.blob(before?.blob),
      after: after === null ? null : await at.blob(after?.blob)
    }))
  )
