/** One command over a connection: its streams, its end, and the end of all that it started. */
import { randomBytes } from "node:crypto"
import { constants } from "node:os"
import type { Writable } from "node:stream"
import type { ClientChannel } from "ssh2"
import * as Effect from "effect/Effect"
import type { Ended, Execution } from "../../app/ports/Backend.ts"
import type { SshFailed } from "../../app/ports/Ssh.ts"
import { reasonOf } from "./Causes.ts"
import { failure, type Open } from "./Connect.ts"
import { launcher, quote, script, sweep } from "./RemoteScript.ts"

/** From being asked to end until being killed, and from then until it is waited for no more, in milliseconds. */
const grace = 2000

export const execute = (open: Open, execution: Execution): Effect.Effect<Ended, SshFailed> =>
  Effect.async((resume) => {
    const started = performance.now()
    const mark = `x${randomBytes(16).toString("hex")}`
    const done = (result: Effect.Effect<Ended, SshFailed>) => resume(result)
    let text: string
    try {
      text = script(execution, mark)
    } catch (cause) {
      return done(Effect.fail(failure(open.alias, "failed", reasonOf(cause), "Ask for something that a shell can run")))
    }
    let channel: ClientChannel | undefined
    let isInterrupted = false
    const hasEnded = new Promise<void>((resolve) => {
      open.client.exec(launcher(mark), (error, opened) => {
        if (error !== undefined) {
          done(Effect.fail(notOpened(open, error)))
          return resolve()
        }
        channel = opened
        if (isInterrupted) opened.close()
        attend({ open, channel: opened, execution, mark, started, done })
        opened.once("close", resolve)
        opened.write(text)
        if (execution.stdin === undefined || execution.detach === true) opened.end()
        else execution.stdin.pipe(opened)
      })
      void open.closed.then(resolve)
    })
    return Effect.promise(async () => {
      isInterrupted = true
      if (channel !== undefined) await end(open, channel, mark, hasEnded)
    })
  })

/** A connection carries as many commands at once as its server allows: ten unless MaxSessions says otherwise. */
export const notOpened = (open: Open, error: Error): SshFailed =>
  error.message.includes("open fail")
    ? failure(
        open.alias,
        "failed",
        "it allows no further session on this connection",
        "Let others end first, or raise MaxSessions in its sshd_config"
      )
    : failure(open.alias, "gone", `the connection is gone: ${error.message}`)

interface Attended {
  readonly open: Open
  readonly channel: ClientChannel
  readonly execution: Execution
  readonly mark: string
  readonly started: number
  readonly done: (result: Effect.Effect<Ended, SshFailed>) => void
}

const attend = ({ open, channel, execution, mark, started, done }: Attended): void => {
  let exit: number | undefined
  let timedOut = false
  const hasEnded = new Promise<void>((closed) => channel.once("close", closed))
  const timer =
    execution.timeout === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true
          void end(open, channel, mark, hasEnded)
        }, execution.timeout)
  // Whoever read its output has gone (nexus … | head): it has nobody to go on for.
  const stop = () => void end(open, channel, mark, hasEnded)
  const unfollow = [follow(channel, execution.stdout, stop), follow(channel.stderr, execution.stderr, stop)]
  channel.on("error", () => undefined)
  channel.once("exit", (code: number | null, signal?: string) => {
    exit = code ?? 128 + numberOf(signal)
  })
  channel.once("close", () => {
    clearTimeout(timer)
    for (const one of unfollow) one()
    execution.stdin?.unpipe(channel)
    const durationMs = Math.round(performance.now() - started)
    if (exit === undefined && timedOut) exit = 128 + constants.signals.SIGKILL
    if (exit === undefined) return done(Effect.fail(cut(open)))
    return done(Effect.succeed({ exit: execution.detach === true && exit === 0 ? null : exit, timedOut, durationMs }))
  })
}

const cut = (open: Open): SshFailed => {
  const why = open.whyClosed()
  return failure(
    open.alias,
    "gone",
    `the connection broke while the command ran${why === "" ? "" : ` (${why})`}`,
    "It may still be running there. See whether the workspace runs (nexus workspace show), and try again"
  )
}

/** Copies, as fast as the sink takes it. */
const follow = (from: NodeJS.ReadableStream, to: Writable, stop: () => void): (() => void) => {
  const failed = () => {
    from.unpipe(to)
    from.resume()
    stop()
  }
  to.once("error", failed)
  from.pipe(to, { end: false })
  return () => to.off("error", failed)
}

/** Politely, then by force. Settles when the channel is closed, or nothing more can be done about it. */
const end = async (open: Open, channel: ClientChannel, mark: string, hasEnded: Promise<void>): Promise<void> => {
  for (const signal of ["TERM", "KILL"]) {
    // The server sends it to the process group; what left the group is found by its mark.
    channel.signal(signal)
    open.client.exec(`sh -c ${quote(sweep(mark, signal))}`, (error, sweeping) => {
      // Without a session for it, the signal alone has to do.
      if (error === undefined)
        sweeping
          .on("error", () => undefined)
          .resume()
          .stderr.resume()
    })
    if (await within(grace, hasEnded)) return
  }
  channel.close()
}

const within = (milliseconds: number, event: Promise<void>): Promise<boolean> => {
  let timer: NodeJS.Timeout
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds)
  })
  return Promise.race([event.then(() => true), late]).finally(() => clearTimeout(timer))
}

/** Of "TERM", or of "SIGTERM". */
export const numberOf = (signal: string | undefined): number => {
  const name = signal === undefined || signal.startsWith("SIG") ? signal : `SIG${signal}`
  return constants.signals[(name ?? "") as NodeJS.Signals] ?? constants.signals.SIGKILL
}
