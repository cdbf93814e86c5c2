/** A shell at the user's terminal: its size and keys go over, its screen and exit code come back, and it is as before at the end. */
import { spawnSync } from "node:child_process"
import type { ClientChannel, PseudoTtyOptions } from "ssh2"
import * as Effect from "effect/Effect"
import type { Ended } from "../../app/ports/Backend.ts"
import type { ShellOptions, SshFailed, Terminal } from "../../app/ports/Ssh.ts"
import { failure, type Open } from "./Connect.ts"
import { Escape } from "./Escape.ts"
import { notOpened, numberOf } from "./Execute.ts"
import { quote, quoteAll } from "./RemoteScript.ts"

export const shell = (open: Open, options: ShellOptions): Effect.Effect<Ended, SshFailed> =>
  Effect.async((resume) => {
    const started = performance.now()
    const { terminal } = options
    const isTerminal = terminal.input.isTTY === true
    const size = isTerminal ? sizeOf(terminal) : undefined
    let channel: ClientChannel | undefined
    let isInterrupted = false
    const opened = (error: Error | undefined, stream: ClientChannel) => {
      if (error !== undefined) return resume(Effect.fail(notOpened(open, error)))
      channel = stream
      if (isInterrupted) return stream.close()
      return attach(stream, terminal, (exit) => {
        // Without an exit code, either the connection went, or the terminal did.
        if (exit === undefined && open.isClosed()) {
          return resume(Effect.fail(failure(open.alias, "gone", `the connection broke${words(open)}`)))
        }
        const durationMs = Math.round(performance.now() - started)
        return resume(Effect.succeed({ exit: exit ?? hungUp, timedOut: false, durationMs }))
      })
    }
    const pty: PseudoTtyOptions | undefined = size === undefined ? undefined : { ...size, term: terminal.type }
    const more = {
      env: locale(),
      ...(options.forwardAgent === true ? { agentForward: true } : {})
    }
    const line = commandLine(options)
    if (line === undefined) open.client.shell(pty ?? false, more, opened)
    else open.client.exec(line, { ...more, ...(pty === undefined ? {} : { pty }) }, opened)
    return Effect.sync(() => {
      isInterrupted = true
      // The other end hangs up on what runs there, as when a window is closed.
      channel?.close()
    })
  })

const words = (open: Open): string => {
  const why = open.whyClosed()
  return why === "" ? "" : `: ${why}`
}

/** Undefined: a login shell at home is what a server gives by itself. */
const commandLine = ({ cwd, command }: ShellOptions): string | undefined => {
  if (cwd === undefined && command === undefined) return undefined
  const enter = cwd === undefined ? "" : `cd -- ${quote(cwd.startsWith("-") ? `./${cwd}` : cwd)} && `
  return `${enter}exec ${command === undefined ? `"\${SHELL:-/bin/sh}" -l` : quoteAll(command)}`
}

/** What OpenSSH's client sends by default on Debian (ssh_config(5), SendEnv); a server takes what it wants. */
const locale = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && (/^LC_[A-Z]+$/.test(name) || name === "LANG" || name === "COLORTERM")
        ? [[name, value]]
        : []
    )
  )

const sizeOf = ({ output }: Terminal) => ({ cols: output.columns ?? 80, rows: output.rows ?? 24, width: 0, height: 0 })

/** `done` is told the exit code, if one came. */
const attach = (channel: ClientChannel, terminal: Terminal, done: (exit: number | undefined) => void): void => {
  const { input, output, error } = terminal
  const isTerminal = input.isTTY === true
  let exit: number | undefined
  const resize = () => {
    const { cols, rows } = sizeOf(terminal)
    channel.setWindow(rows, cols, 0, 0)
  }
  const escape = new Escape(() => {
    exit = 255
    channel.close()
  })
  if (isTerminal) {
    makeRaw(input)
    output.on("resize", resize)
    // It may have changed since it was told.
    resize()
    input.pipe(escape)
    escape.pipe(channel)
  } else input.pipe(channel)
  channel.pipe(output, { end: false })
  channel.stderr.pipe(error, { end: false })
  channel.on("error", () => undefined)
  // The terminal was closed, or whoever read the output has gone.
  const hangUp = () => channel.close()
  output.once("error", hangUp)
  channel.once("exit", (code: number | null, signal?: string) => {
    exit ??= code ?? 128 + numberOf(signal)
  })
  channel.once("close", () => {
    output.off("resize", resize)
    output.off("error", hangUp)
    input.unpipe(escape)
    input.unpipe(channel)
    if (isTerminal) input.setRawMode?.(false)
    // Nobody waits for its next key any more: the process may end.
    input.pause()
    done(exit)
  })
}

/**
 * Every key as it is typed, and every byte of the screen as it comes: libuv's raw mode would still put a carriage return before
 * each line feed, which moves the cursor of full-screen programs. Leaving raw mode puts all of it back as it was.
 */
const makeRaw = (input: Terminal["input"]): void => {
  input.setRawMode?.(true)
  if ("fd" in input && typeof input.fd === "number")
    spawnSync("stty", ["-opost"], { stdio: [input.fd, "ignore", "ignore"] })
}

/** What a shell gives that was ended by the closing of its terminal: 128 + SIGHUP. */
const hungUp = 129
