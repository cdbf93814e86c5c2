/** Workspaces that are folders of this machine, reached without a connection: a shell at the terminal, copies of files. */
import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import type { BackendFailed, Ended, Here } from "../../app/ports/Backend.ts"
import { FileFailed } from "../../app/ports/Sftp.ts"
import { copy } from "../ssh/Copy.ts"
import { localSide } from "../ssh/LocalSide.ts"
import { signalNumbers } from "./ProcessGroup.ts"

export const copyHere: Here["copy"] = (from, to, options) =>
  Effect.tryPromise({
    try: (interrupted) => copy(localSide, from, localSide, to, options, interrupted),
    catch: (cause) =>
      cause instanceof FileFailed
        ? cause
        : new FileFailed({
            operation: "copying",
            side: "here",
            path: from,
            kind: "failed",
            detail: cause instanceof Error ? cause.message : String(cause)
          })
  })

/**
 * The terminal is the program's while it runs: it gets the keys that would end us as well, and decides itself. What ends us by
 * SIGTERM ends it first.
 */
export const shellHere = (
  folder: string,
  { command, variables }: Parameters<Here["shell"]>[1],
  failed: (cause: unknown) => BackendFailed
): Effect.Effect<Ended, BackendFailed> =>
  Effect.uninterruptible(
    Effect.async((resume) => {
      const [program, ...args] = command ?? [process.env["SHELL"] ?? "/bin/sh"]
      const began = performance.now()
      const env = { ...process.env, ...variables, PWD: folder }
      const child = spawn(program, args, { cwd: folder, env, stdio: "inherit" })
      const ignore = () => undefined
      const end = () => child.kill("SIGTERM")
      process.on("SIGINT", ignore)
      process.on("SIGTERM", end)
      const done = (result: Effect.Effect<Ended, BackendFailed>) => {
        process.off("SIGINT", ignore)
        process.off("SIGTERM", end)
        resume(result)
      }
      const ended = (exit: number) =>
        done(Effect.succeed({ exit, timedOut: false, durationMs: Math.round(performance.now() - began) }))
      child.once("error", (cause) => {
        if (!("code" in cause) || cause.code !== "ENOENT") return done(Effect.fail(failed(cause)))
        process.stderr.write(`${program}: command not found\n`)
        return ended(127)
      })
      child.once("exit", (code, signal) => ended(code ?? 128 + (signalNumbers[signal ?? "SIGKILL"] ?? 9)))
    })
  )
