/** The bytes' way to an SSH server: a TCP connection, or a program whose standard streams are one. */
import { spawn } from "node:child_process"
import { connect, type Socket } from "node:net"
import { Duplex } from "node:stream"
import type { Route } from "../../app/ports/Backend.ts"

export interface Link {
  readonly stream: Duplex
  /** What the route's program said on its standard error, and how it ended: why there is no connection. */
  readonly words: () => string
  /** Once the connection is over. */
  readonly release: () => void
}

/** From the end of the connection until its program is ended, in milliseconds. */
const grace = 1000

export const openLink = (route: Exclude<Route, { readonly kind: "none" }>): Link => {
  if (route.kind === "command") return throughProgram(route.command)
  // Small packets would wait for each other's acknowledgements: 48 ms a command instead of 4.
  const socket = connect({ host: route.host, port: route.port, noDelay: true })
  gatherWrites(socket)
  return { stream: socket, words: () => "", release: () => socket.destroySoon() }
}

const throughProgram = ([program, ...args]: readonly [string, ...ReadonlyArray<string>]): Link => {
  // In a process group of its own: a Ctrl-C at the terminal is for us, and must not cut the connection.
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], detached: true })
  let words = ""
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin })
  child.stderr.on("data", (chunk: Buffer) => {
    words = `${words}${chunk.toString("utf8")}`.slice(-2048)
  })
  child.once("error", (cause) => {
    words = cause.message
    stream.destroy(cause)
  })
  child.once("exit", (code, signal) => {
    words = `${words.trim()}${words === "" ? "" : " "}(${program} ended with ${signal ?? `code ${code}`})`
  })
  const release = () => {
    stream.destroy()
    child.stdin.destroy()
    if (child.exitCode !== null || child.signalCode !== null) return
    // Its input has ended; one that doesn't go by itself is told to.
    const timer = setTimeout(() => child.kill(), grace)
    child.once("exit", () => clearTimeout(timer))
  }
  return { stream, words: () => words.trim(), release }
}

/** What is written in one turn goes out at once: the library writes every packet by itself, and each would be a system call. */
const gatherWrites = (socket: Socket): void => {
  const write = socket.write.bind(socket) as (...args: ReadonlyArray<unknown>) => boolean
  const send = () => {
    if (!socket.destroyed) socket.uncork()
  }
  socket.write = (...args: ReadonlyArray<unknown>): boolean => {
    if (socket.writableCorked === 0) {
      socket.cork()
      process.nextTick(send)
    }
    return write(...args)
  }
}
