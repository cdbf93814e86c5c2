/**
 * `nexus hook AGENT`: one payload on stdin (or, with --delivered NAME, already in the spool), recorded before it returns.
 *
 * It never makes an agent fail: whatever goes wrong is one line on stderr and exit code 0, and the payload is in the spool.
 */
import { readFileSync } from "node:fs"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { ingest } from "../app/Ingest.ts"
import { locate } from "../events/Home.ts"
import * as Spool from "../events/Spool.ts"
import { describeHookFailure } from "./hookFailure.ts"
import { takeGlobals } from "./takeGlobals.ts"
import * as Live from "./Live.ts"
import { print } from "./print.ts"

const usage = "usage: nexus hook AGENT [--delivered NAME] < PAYLOAD"

export const main = async (args: ReadonlyArray<string>): Promise<void> => {
  const { home: flag, rest } = takeGlobals(args)
  const [, agent, option, name] = rest
  const home = locate(flag, process.env)
  if (rest[0] !== "hook" || agent === undefined || agent.startsWith("-")) {
    if (agent !== "--help" && agent !== "-h") return print(2, `nexus: ${usage}\n`)
    return print(
      1,
      `${usage}\n\nRecords one hook payload of an agent; what its hooks run after nexus init. Always exits 0.\n`
    )
  }
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(agent))
    return print(2, `nexus: ${JSON.stringify(agent)} cannot be the name of an agent\n`)

  let kept = false
  const program = Effect.gen(function* () {
    const delivered = option === "--delivered" && name !== undefined ? name : yield* deliver(home.spool, agent)
    kept = true
    // The payload is safe from here on, whatever becomes of the log.
    const report = yield* ingest(delivered).pipe(Effect.provide(Live.live(home)))
    if (report.rejected > 0)
      yield* Effect.sync(() => print(2, "nexus: a payload could not be recorded; see: nexus doctor\n"))
  }).pipe(
    Effect.catchAllCause((cause) =>
      Effect.sync(() => print(2, `nexus: ${describeHookFailure(Cause.squash(cause), kept)}\n`))
    )
  )
  await Effect.runPromise(program)
}

const deliver = (spool: string, agent: string) =>
  Effect.flatMap(
    Effect.sync(() => readFileSync(0)),
    (payload) => Spool.make(spool).deliver(agent, payload)
  )
