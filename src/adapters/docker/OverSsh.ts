/**
 * Connections to an engine on another machine, through this machine's own OpenSSH: its configuration, its agent, and whom it knows
 * count, as with docker's own client. Over there, `docker system dial-stdio` is the other end.
 */
import { spawn } from "node:child_process"
import type { Agent } from "node:http"
import type { Socket } from "node:net"
import { Duplex } from "node:stream"

const { Agent: HttpAgent } = process.getBuiltinModule("node:http")

/** Seconds until a machine that does not answer is given up. */
const patience = 15

/** Undefined for what is no address that ssh takes. */
export const sshArguments = (host: string): ReadonlyArray<string> | undefined => {
  if (!URL.canParse(host)) return undefined
  const { protocol, username, hostname, port } = new URL(host)
  // What begins with a hyphen would be an option.
  if (protocol !== "ssh:" || hostname === "" || hostname.startsWith("-") || username.startsWith("-")) return undefined
  const place = `${username === "" ? "" : `${decodeURIComponent(username)}@`}${hostname}`
  // Nobody could answer a question.
  const options = ["-o", "BatchMode=yes", "-o", `ConnectTimeout=${patience}`, "-T"]
  return [...options, ...(port === "" ? [] : ["-p", port]), "--", place, "docker", "system", "dial-stdio"]
}

/** One ssh for each connection. What it says when it fails is the connection's error. */
export const sshAgent = (args: ReadonlyArray<string>): Agent =>
  Object.assign(new HttpAgent({ keepAlive: true, maxFreeSockets: 2 }), { createConnection: () => connect(args) })

const connect = (args: ReadonlyArray<string>): Duplex => {
  const ssh = spawn("ssh", args, { stdio: ["pipe", "pipe", "pipe"] })
  const connection = new Duplex({
    read: () => void ssh.stdout.resume(),
    // A program that ends takes its end of the pipe with it: what it said tells more than that.
    write: (chunk: Buffer, _, done) => void ssh.stdin.write(chunk, () => done()),
    final: (done) => void ssh.stdin.end(() => done()),
    destroy: (cause, done) => {
      ssh.kill()
      done(cause)
    }
  })
  let said = ""
  ssh.stdin.on("error", () => undefined)
  ssh.stdout.on("data", (chunk: Buffer) => void (connection.push(chunk) || ssh.stdout.pause()))
  ssh.stderr.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString("utf8")}`.slice(-1000)))
  ssh.once("error", (cause) => connection.destroy(cause))
  ssh.once("close", (code) => {
    if (code === 0) connection.push(null)
    else connection.destroy(new Error(said.trim() || `ssh ended with ${code}`))
  })
  const parts = [ssh, ssh.stdin as Socket, ssh.stdout as Socket, ssh.stderr as Socket]
  // One that is kept for the next exchange keeps no process.
  return Object.assign(connection, {
    ref: () => (parts.forEach((part) => part.ref()), connection),
    unref: () => (parts.forEach((part) => part.unref()), connection),
    setKeepAlive: () => connection,
    setNoDelay: () => connection,
    setTimeout: () => connection
  })
}
