/** Running a command as a process group of this machine, and ending it. */
import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { closeSync, existsSync, openSync } from "node:fs"
import { pipeline } from "node:stream/promises"
import * as Effect from "effect/Effect"
import type { BackendFailed, Ended, Execution } from "../../app/ports/Backend.ts"
import { processMark } from "../../events/processMark.ts"
import { failed } from "./ProcessFailure.ts"
import { type Group, killGroup, killTagged, signalNumbers, tagVariable } from "./ProcessGroup.ts"

/** `log`: where the output goes of what is detached. */
export const run = (
  cwd: string,
  { command, variables, stdin, stdout, stderr, timeout, detach }: Omit<Execution, "cwd">,
  log: string
) => {
  const [program, ...args] = command
  const began = performance.now()
  const tag = randomBytes(8).toString("hex")
  const kept = detach === true ? openSync(log, "a", 0o600) : undefined
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...variables, [tagVariable]: tag },
    // A group of its own, so that all that it starts can be ended with it.
    detached: true,
    stdio: kept === undefined ? [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"] : ["ignore", kept, kept]
  })
  if (kept !== undefined) closeSync(kept)
  if (detach === true) child.unref()
  const group: Group = { pid: child.pid ?? 0, mark: processMark(child.pid ?? 0) }
  const ended = Effect.async<Ended, BackendFailed>((resume) => {
    let timedOut = false
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true
            killGroup(group, "SIGKILL")
            killTagged(tag)
          }, timeout)
    const streams = Promise.allSettled([
      child.stdout === null ? undefined : pipeline(child.stdout, stdout, { end: false }),
      child.stderr === null ? undefined : pipeline(child.stderr, stderr, { end: false })
    ])
    if (stdin !== undefined && child.stdin !== null)
      // It may end before it has read everything.
      pipeline(stdin, child.stdin).catch(() => undefined)
    child.once("error", (cause) => {
      clearTimeout(timer)
      const missing = "code" in cause && cause.code === "ENOENT"
      resume(
        missing && existsSync(cwd)
          ? Effect.succeed({ exit: 127, timedOut: false, durationMs: Math.round(performance.now() - began) }).pipe(
              Effect.tap(() => Effect.sync(() => stderr.write(`${program}: command not found\n`)))
            )
          : Effect.fail(failed("execute", cause))
      )
    })
    child.once("exit", (code, signal) => {
      clearTimeout(timer)
      const exit = code ?? 128 + (signalNumbers[signal ?? "SIGKILL"] ?? 9)
      void streams.then(() =>
        resume(Effect.succeed({ exit, timedOut, durationMs: Math.round(performance.now() - began) }))
      )
    })
    return Effect.sync(() => {
      clearTimeout(timer)
      killGroup(group, "SIGTERM")
    })
  })
  return { group, ended }
}

/** Politely, then by force. */
export const end = (group: Group, grace: number): Effect.Effect<void> =>
  Effect.async((resume) => {
    const until = Date.now() + grace
    const look = (): void => {
      if (!killGroup(group, Date.now() < until ? "SIGTERM" : "SIGKILL")) return resume(Effect.void)
      timer = setTimeout(look, 50)
    }
    let timer = setTimeout(look, 0)
    return Effect.sync(() => clearTimeout(timer))
  })
