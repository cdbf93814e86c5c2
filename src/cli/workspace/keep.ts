/** `nexus workspace keep`: looks after workspaces, in the foreground. Without the command line's machinery: it stays in memory. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { ingest } from "../../app/Ingest.ts"
import { Nexus } from "../../app/Nexus.ts"
import { asksOf } from "../../app/workspaces/keep/Asks.ts"
import { type Ending, keep, type Keeping } from "../../app/workspaces/keep/Keeper.ts"
import { round } from "../../app/workspaces/keep/Round.ts"
import { protectInside } from "../../app/workspaces/ProtectStep.ts"
import { durationOf } from "../../domain/Moment.ts"
import { WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import { locate } from "../../events/Home.ts"
import { Projections } from "../../projections/Projections.ts"
import { UsageWrong } from "../Invocation.ts"
import * as Live from "../Live.ts"
import { Output } from "../Output.ts"
import { print } from "../print.ts"
import { run } from "../run.ts"
import { type Globals, takeGlobals } from "../takeGlobals.ts"
import { afterDashes } from "./afterDashes.ts"
import { layer } from "./LiveWorkspaces.ts"

const usage = "nexus workspace keep [--once] [--every 1m]"

const options = { once: { type: "boolean" }, every: { type: "string" }, help: { type: "boolean", short: "h" } } as const

export const main = (args: ReadonlyArray<string>): Promise<void> => {
  const globals = takeGlobals(args)
  return run(keepFrom(globals), globals)
}

const keepFrom = ({ rest, home: flag }: Globals) =>
  Effect.gen(function* () {
    const { values, name } = yield* afterDashes(rest.slice(2), options, usage)
    if (values.help === true)
      return print(
        1,
        `${usage}\n\nLooks after the workspaces that run: stops those that nobody uses, notes what they use, takes checkpoints. Nexus starts it by itself.\n`
      )
    if (name !== undefined) return yield* new UsageWrong({ message: `Usage: ${usage}` })
    const every = durationOf(values.every ?? "1m")
    if (every === undefined || every > 3_600_000)
      return yield* new UsageWrong({
        message: `--every: ${JSON.stringify(values.every)} is no time up to 1h. Such as: 30s, 5m.`
      })
    const output = yield* Output
    const home = locate(flag, process.env)
    const once = values.once === true
    const ending = yield* Effect.promise((signal) =>
      keep({
        home,
        program: process.argv[1] ?? "",
        every,
        once,
        signal,
        round: () => Effect.runPromiseExit(inLog(home, every), { signal }),
        asks: asksOf(({ id, patience }, agent, payload) =>
          Effect.runPromise(Effect.provide(protectInside(id, patience, agent, payload), Live.context(home)))
        ),
        told: ({ troubles }) => {
          for (const { workspace, job, reason } of troubles) print(2, `nexus: ${workspace}: ${job}: ${reason}\n`)
        }
      })
    )
    if (ending === "busy")
      return yield* new WorkspaceRefused({
        reason: "Another process looks after the workspaces already.",
        hint: "It is told of by: nexus doctor"
      })
    yield* output.result({ ended: ending }, () => [words[ending]])
  })

const words: Readonly<Record<Exclude<Ending, "busy">, string>> = {
  idle: "There is nothing more to look after.",
  gone: "The log is gone.",
  failed: "The rounds came to nothing; see: nexus doctor",
  replaced: "The log or this program is another one now.",
  stopped: "Stopped."
}

/** A round, on an up-to-date log that is open only for it. Nobody asked for what it does. */
const inLog = (home: Keeping["home"], every: number) =>
  Effect.gen(function* () {
    yield* (yield* Projections).catchUp(() => undefined)
    yield* ingest()
    return yield* round(every)
  }).pipe(
    Effect.updateService(Nexus, (nexus) => ({ ...nexus, itself: true })),
    Effect.provide(layer(home)),
    Effect.provide(Live.live(home)),
    Effect.catchAllCause((cause) => {
      const failure = Cause.squash(cause)
      return Effect.fail({
        _tag: tagOf(failure),
        message: failure instanceof Error ? failure.message : String(failure)
      })
    })
  )

const tagOf = (failure: unknown): string =>
  typeof failure === "object" && failure !== null && "_tag" in failure ? String(failure._tag) : "Defect"
