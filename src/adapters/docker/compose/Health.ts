/** Waiting until a workspace's services are healthy, as far as they can tell, and the last words of those that are not. */
import { Writable } from "node:stream"
import * as Effect from "effect/Effect"
import type { BackendFailure } from "../../../app/ports/Backend.ts"
import type { WorkspaceId } from "../../../domain/workspace/Ids.ts"
import type { Engine } from "../Engine.ts"
import { failed } from "../EngineFailure.ts"
import { logs } from "../Logs.ts"
import { type Beside, beside } from "./Companions.ts"

/** Milliseconds between two looks. */
const pace = 250

/** Of a log that is shown with a failure. */
const lines = 15

/** Fails when one is found to be ill, has ended though it is to go on being healthy, or is not healthy in time. */
export const healthy = (
  engine: Engine,
  log: string,
  workspace: WorkspaceId,
  patience: number
): Effect.Effect<void, BackendFailure> => {
  const until = Date.now() + patience
  const look: Effect.Effect<void, BackendFailure> = Effect.flatMap(beside(engine, log, workspace), (all) => {
    const asked = all.filter(({ health }) => health !== undefined)
    const ill = asked.filter(({ health, exit }) => (exit === undefined ? health === "unhealthy" : exit !== 0))
    if (ill.length > 0) return notHealthy(engine, ill, "is not healthy")
    const waiting = asked.filter(({ health, state }) => health === "starting" && state === "running")
    if (waiting.length === 0) return Effect.void
    return Date.now() > until
      ? notHealthy(engine, waiting, `was not healthy within ${Math.round(patience / 1000)} s`)
      : Effect.delay(look, pace)
  })
  return look
}

const notHealthy = (engine: Engine, ill: ReadonlyArray<Beside>, what: string): Effect.Effect<never, BackendFailure> =>
  Effect.flatMap(
    Effect.forEach(ill, (one) => lastWords(engine, one)),
    (words) =>
      Effect.fail(
        failed(
          "start its services",
          "failed",
          [`${ill.map(({ name }) => name).join(", ")} ${what}.`, ...words].join("\n"),
          {
            advice: "Look at its healthcheck and its image."
          }
        )
      )
  )

/** What its check said last, and the end of its log. */
export const lastWords = (engine: Engine, one: Beside): Effect.Effect<string, BackendFailure> =>
  Effect.gen(function* () {
    const text: Array<string> = []
    const to = () =>
      new Writable({
        write: (chunk: Buffer, _, done) => {
          text.push(chunk.toString("utf8"))
          done()
        }
      })
    yield* Effect.ignore(logs(engine, one, { follow: false, tail: lines }, { stdout: to(), stderr: to() }))
    const check = one.info.State.Health?.Log?.at(-1)?.Output?.trim()
    return [
      `${one.name}${one.exit === undefined ? "" : ` ended with ${one.exit}`}:`,
      ...(check === undefined || check === "" ? [] : [`  its check: ${check.slice(-300)}`]),
      ...text
        .join("")
        .trimEnd()
        .split("\n")
        .map((line) => `  ${line}`)
    ].join("\n")
  })
