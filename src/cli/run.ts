/** Runs a command to its end: prints what went wrong, and sets the exit code. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { describeFailure, type Failure, failureText } from "./Failures.ts"
import { Invocation } from "./Invocation.ts"
import { Output } from "./Output.ts"
import { print } from "./print.ts"
import type { Globals } from "./takeGlobals.ts"

/** `describe` may know more about a failure than `describeFailure`. */
export const run = async <E>(
  command: Effect.Effect<void, E, Output | Invocation>,
  { json, home }: Globals,
  describe: (failure: unknown) => Failure | undefined | Promise<Failure | undefined> = () => undefined
): Promise<void> => {
  const exit = await Effect.runPromiseExit(
    command.pipe(Effect.provide(Layer.merge(Output.layer(json), Layer.succeed(Invocation, { home })))),
    { signal: interrupted() }
  )
  if (Exit.isSuccess(exit)) return
  // Ctrl-C: 128 and the signal's number, as shells have it.
  if (Cause.isInterruptedOnly(exit.cause)) {
    process.exitCode = 130
    return
  }
  const cause = Cause.squash(exit.cause)
  const failure = (await describe(cause)) ?? describeFailure(cause)
  print(2, `${failureText(failure, json)}\n`)
  process.exitCode = failure.exit
}

const interrupted = (): AbortSignal => {
  const controller = new AbortController()
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort())
  return controller.signal
}
