/** Programs of a project, through Node: each in a process group of its own, so that all that it started ends with it. */
import { spawn, spawnSync } from "node:child_process"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ProgramRun, Programs } from "../../app/ports/Programs.ts"

/** From being asked to end until being killed, in milliseconds. */
const grace = 2000

export const layer = Layer.succeed(Programs, {
  run: (command, { cwd, timeout, keep }) =>
    Effect.async<ProgramRun>((resume) => {
      const [program = "", ...args] = typeof command === "string" ? ["/bin/sh", "-c", command] : command
      const started = performance.now()
      const child = spawn(program, args, {
        cwd,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, CI: "true" }
      })
      const output = tail(keep)
      child.stdout.on("data", output.add)
      child.stderr.on("data", output.add)
      let isTimedOut = false
      let isMissing = false
      const end = (signal: NodeJS.Signals) => {
        try {
          if (child.pid !== undefined) process.kill(-child.pid, signal)
        } catch {
          // They have all ended.
        }
      }
      const killing: Array<NodeJS.Timeout> = []
      const stop = () => {
        end("SIGTERM")
        killing.push(setTimeout(() => end("SIGKILL"), grace))
      }
      const timer = setTimeout(() => {
        isTimedOut = true
        stop()
      }, timeout)
      const done = (exit: number | null) => {
        clearTimeout(timer)
        for (const one of killing) clearTimeout(one)
        child.stdout.destroy()
        child.stderr.destroy()
        const durationMs = Math.round(performance.now() - started)
        if (exit === 127 && typeof command === "string") isMissing = isUnknown(command, cwd)
        resume(Effect.succeed({ exit, isTimedOut, isMissing, output: output.read(), durationMs }))
      }
      child.once("error", (cause: NodeJS.ErrnoException) => {
        isMissing = cause.code === "ENOENT"
        output.add(Buffer.from(`${cause.message}\n`))
        done(null)
      })
      child.once("exit", (code) => {
        // What it left in the background would go on changing the files that were judged.
        end("SIGKILL")
        // What left the group as well is not waited for, though it may hold the pipes open.
        killing.push(setTimeout(() => done(code), grace))
      })
      child.once("close", done)
      return Effect.sync(stop)
    })
})

/**
 * Whether the shell itself can't find the program that a line begins with. 127 alone doesn't say so: a script whose own tools were
 * taken away ends with it as well.
 */
const isUnknown = (line: string, cwd: string): boolean => {
  const [, word] = /^\s*(?:\w+=\S*\s+)*([\w./][\w./+-]*)/.exec(line) ?? []
  return word !== undefined && spawnSync("/bin/sh", ["-c", 'command -v "$1"', "sh", word], { cwd }).status !== 0
}

/** Keeps the last `keep` bytes of what is added. */
const tail = (keep: number) => {
  let chunks: Array<Buffer> = []
  let bytes = 0
  const read = () => {
    const all = Buffer.concat(chunks)
    return all.length > keep ? all.subarray(all.length - keep) : all
  }
  return {
    read,
    add: (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes < 2 * keep) return
      chunks = [read()]
      bytes = keep
    }
  }
}
