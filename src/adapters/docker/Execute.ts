/** Running a command in a container, through the engine: its streams, its exit code, its end. */
import { randomUUID } from "node:crypto"
import { type Duplex, Writable } from "node:stream"
import { setTimeout } from "node:timers/promises"
import type { Exec } from "dockerode"
import * as Effect from "effect/Effect"
import type { BackendFailure, Ended, Execution } from "../../app/ports/Backend.ts"
import { filled } from "../../app/ports/ImageVariable.ts"
import type { Found } from "./Containers.ts"
import { asking, type Engine, limits } from "./Engine.ts"
import { failed, failureOf } from "./EngineFailure.ts"
import { endOf, execRequest } from "./ExecRequest.ts"
import { split } from "./Frames.ts"
import { imageVariables } from "./Variables.ts"

/** Interrupting ends the command, unless it is detached. */
export const execute = (engine: Engine, found: Found, execution: Execution): Effect.Effect<Ended, BackendFailure> =>
  Effect.gen(function* () {
    if (found.state !== "running") {
      return yield* Effect.fail(
        failed("run a command", "refused", `The workspace is ${found.state}.`, {
          advice: found.state === "paused" ? "Resume it first." : "Start it first."
        })
      )
    }
    const started = performance.now()
    const id = randomUUID()
    const { user: asked = found.account } = execution
    // Its number is the owner's, whatever the image says.
    const user = asked === found.account ? found.owner : asked
    const variables = filled(execution.variables ?? {}, imageVariables(found))
    const detach = execution.detach === true
    const { command, cwd = found.folder } = execution
    const request = execRequest({ id, cwd, command, variables, user, stdin: execution.stdin !== undefined, detach })
    const exec = yield* engine.call("run a command", limits.change, (docker, abortSignal) =>
      docker.getContainer(found.id).exec({ ...request, abortSignal })
    )
    const since = () => Math.round(performance.now() - started)
    if (detach) {
      yield* engine.call("run a command", limits.change, (_, abortSignal) =>
        exec.start(asking({ Detach: true }, abortSignal))
      )
      return { exit: null, timedOut: false, durationMs: since() }
    }
    const ending = end(engine, found.id, user, id)
    const connection = yield* engine.call("run a command", limits.change, (_, abortSignal) =>
      exec.start({ hijack: true, stdin: execution.stdin !== undefined, abortSignal })
    )
    const exit = Effect.tryPromise({
      try: (signal) => exitOf(exec, signal),
      catch: (cause) => failureOf("run a command", cause)
    })
    let timedOut = false
    const timer = Effect.suspend(() => {
      timedOut = true
      return Effect.zipRight(ending, exit)
    }).pipe(Effect.delay(execution.timeout ?? 0))
    // Its streams end with the last of what it started. When something holds them open beyond its end, that is not waited for.
    const ended = yield* Effect.zipRight(streamed(connection, execution), exit).pipe(
      execution.timeout === undefined ? (running) => running : Effect.raceFirst(timer),
      Effect.onInterrupt(() => Effect.ignore(ending)),
      Effect.ensuring(Effect.sync(() => connection.destroy()))
    )
    return { exit: ended, timedOut, durationMs: since() }
  })

/** Milliseconds between two looks: twice as long each time, up to the longest. */
const looks = { first: 10, longest: 1000 }

/**
 * The end of a command's streams may be heard before the engine knows that it ended, and a command may close them long before: it is
 * waited for.
 */
const exitOf = async (exec: Exec, abortSignal: AbortSignal): Promise<number> => {
  for (let pause = looks.first; ; pause = Math.min(looks.longest, 2 * pause)) {
    const { Running, ExitCode } = await exec.inspect({ abortSignal })
    if (!Running && ExitCode !== null) return ExitCode
    await setTimeout(pause, undefined, { signal: abortSignal })
  }
}

const streamed = (connection: Duplex, { stdin, stdout, stderr }: Execution) =>
  Effect.tryPromise({
    try: async () => {
      if (stdin !== undefined) {
        stdin.pipe(connection)
        stdin.once("error", () => connection.end())
      }
      try {
        await split(connection, { stdout, stderr })
      } finally {
        stdin?.unpipe(connection)
      }
    },
    catch: (cause) => failureOf("run a command", cause)
  })

/** Ends what one command started, and waits until it is gone. */
const end = (engine: Engine, container: string, user: string, id: string): Effect.Effect<void, BackendFailure> =>
  Effect.asVoid(raw(engine, container, { command: endOf(id), user }))

/** A command of ours: the whole of its output, no variables, no folder. */
export const raw = (
  engine: Engine,
  container: string,
  options: { readonly command: ReadonlyArray<string>; readonly user: string; readonly stdin?: string }
): Effect.Effect<{ readonly exit: number; readonly stdout: string; readonly stderr: string }, BackendFailure> =>
  engine.call("run a command of ours", limits.change, async (docker, abortSignal) => {
    const exec = await docker.getContainer(container).exec({
      Cmd: [...options.command],
      User: options.user,
      AttachStdin: options.stdin !== undefined,
      AttachStdout: true,
      AttachStderr: true,
      abortSignal
    })
    const connection = await exec.start({ hijack: true, stdin: options.stdin !== undefined, abortSignal })
    if (options.stdin !== undefined) connection.end(options.stdin)
    const [stdout, stderr] = [gathered(), gathered()]
    await split(connection, { stdout: stdout.stream, stderr: stderr.stream })
    return { exit: await exitOf(exec, abortSignal), stdout: stdout.read(), stderr: stderr.read() }
  })

const gathered = () => {
  const chunks: Array<Buffer> = []
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk)
      done()
    }
  })
  return { stream, read: () => Buffer.concat(chunks).toString("utf8") }
}
