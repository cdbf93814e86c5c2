/**
 * `nexus hook AGENT`: one payload on stdin (or, with --delivered NAME, already in the spool), recorded before it returns.
 *
 * It never makes an agent fail: whatever goes wrong is one line on stderr and exit code 0, and the payload is in the spool. With --wake
 * it may stay, and end with code 2: see wake.ts.
 */
// Before everything else: what it begins goes on while the rest is loaded.
import "./beginLooking.ts"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { answerHook } from "../app/boulder/AnswerHook.ts"
import { tellFollower, variable } from "../app/boulder/Follow.ts"
import { patience } from "../app/boulder/JudgeStop.ts"
import { ingest } from "../app/Ingest.ts"
import { Nexus } from "../app/Nexus.ts"
import type { JsonObject } from "../app/ports/Agent.ts"
import { sender } from "../app/workspaces/RanDelivery.ts"
import { protectStep } from "../app/workspaces/ProtectStep.ts"
import { locate } from "../events/Home.ts"
import * as Spool from "../events/Spool.ts"
import { given, objectIn } from "./givenPayload.ts"
import { describeHookFailure } from "./hookFailure.ts"
import { takeGlobals } from "./takeGlobals.ts"
import { wake } from "./wake.ts"
import * as Live from "./Live.ts"
import { print } from "./print.ts"

const usage = "usage: nexus hook AGENT [--delivered NAME] [--no-answer | --wake] < PAYLOAD"

class TooSlow extends Data.TaggedError("TooSlow") {
  override readonly message = `the log took longer than ${patience / 1000} s`
}

/** When this process began, milliseconds since 1970: the hook was delivered a moment before. */
const began = performance.timeOrigin

export const main = async (args: ReadonlyArray<string>): Promise<void> => {
  const { home: flag, rest } = takeGlobals(args)
  const isMute = rest.includes("--no-answer")
  const wakes = rest.includes("--wake")
  const [, agent, option, name] = rest.filter((word) => word !== "--no-answer" && word !== "--wake")
  const home = locate(flag, process.env)
  if (rest[0] !== "hook" || agent === undefined || agent.startsWith("-")) {
    if (agent !== "--help" && agent !== "-h") return print(2, `nexus: ${usage}\n`)
    return print(
      1,
      `${usage}\n\nRecords one hook payload of an agent; what its hooks run after nexus init. Exits 0, or 2 to wake an idle conversation.\n`
    )
  }
  // What is called by Nexus' own name is its own.
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(agent) || agent === sender)
    return print(2, `nexus: ${JSON.stringify(agent)} cannot be the name of an agent\n`)

  let kept = false
  let asked: JsonObject | undefined
  const program = Effect.gen(function* () {
    const payload = yield* Effect.sync(given)
    const delivered =
      option === "--delivered" && name !== undefined
        ? name
        : yield* Spool.make(home.spool).deliver(agent, payload, "waits")
    kept = true
    // The payload is safe from here on, whatever becomes of the log.
    yield* Effect.gen(function* () {
      const report = yield* ingest(delivered)
      if (report.rejected > 0)
        yield* Effect.sync(() => print(2, "nexus: a payload could not be recorded; see: nexus doctor\n"))
      if (wakes) {
        asked = objectIn(payload)
        return
      }
      const warn = (line: string): void => print(2, `nexus: ${line}\n`)
      yield* protectStep(agent, objectIn(payload), warn)
      const answer = yield* answerHook(agent, objectIn(payload), began, warn)
      const { agents } = yield* Nexus
      const session = agents.find((one) => one.name === agent)?.stop?.(objectIn(payload))?.session ?? null
      yield* Effect.sync(() => tellFollower(home, process.env[variable], session))
      if (answer !== "" && !isMute) yield* Effect.sync(() => print(1, answer))
    }).pipe(
      Effect.provide(Live.live(home)),
      Effect.timeoutFail({
        duration: patience,
        onTimeout: () => new TooSlow()
      })
    )
  }).pipe(
    Effect.catchAllCause((cause) =>
      Effect.sync(() => print(2, `nexus: ${describeHookFailure(Cause.squash(cause), kept)}\n`))
    )
  )
  await Effect.runPromise(program)
  if (asked !== undefined) await wake(agent, asked, home)
}
