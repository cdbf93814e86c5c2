/**
 * The Compose tool of this machine: `docker compose` (version 2) or `docker-compose` (version 2, or 1 from 1.27 on, which knows the
 * Compose Specification). It is found by asking.
 */
import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import type { BackendFailure } from "../../../app/ports/Backend.ts"
import { failed } from "../EngineFailure.ts"

export interface Tool {
  readonly command: readonly [string, ...ReadonlyArray<string>]
  /** Such as 2.26.1. */
  readonly version: string
}

export const candidates: ReadonlyArray<Tool["command"]> = [["docker", "compose"], ["docker-compose"]]

export const howToInstall =
  "Install it: docker-compose-plugin of Docker's own packages, or docker-compose of Debian's and Ubuntu's (1.27 or later)."

/** Milliseconds: to say which version it is, to read files, to fetch and build images, to start. */
export const limits = { ask: 10_000, read: 60_000, make: 30 * 60_000, start: 10 * 60_000 } as const

/** The first that is there and new enough. */
export const findTool = (among: ReadonlyArray<Tool["command"]>): Effect.Effect<Tool, BackendFailure> =>
  Effect.gen(function* () {
    let old: string | undefined
    for (const command of among) {
      const { exit, stdout } = yield* run(command, { args: ["version", "--short"], limit: limits.ask })
      const [, version, major = "0", minor = "0"] = /^v?((\d+)\.(\d+)[\w.-]*)\s*$/.exec(stdout) ?? []
      if (exit !== 0 || version === undefined) continue
      if (Number(major) > 1 || Number(minor) >= 27) return { command, version }
      old = `${command.join(" ")} ${version}`
    }
    const words = among.map((command) => `\`${command.join(" ")}\``).join(" nor ")
    return yield* Effect.fail(
      failed(
        "read the compose files",
        "unsupported",
        old === undefined ? `Compose is not installed: there is neither ${words}.` : `${old} is too old.`,
        { advice: howToInstall }
      )
    )
  })

/** For a diagnosis. */
export const toolWords = (among: ReadonlyArray<Tool["command"]>): Effect.Effect<ReadonlyArray<string>> =>
  findTool(among).pipe(
    Effect.map(({ command, version }) => [`Compose: ${command.join(" ")} ${version}.`]),
    Effect.catchAll(() => Effect.succeed([`Compose: none. For compose files: ${howToInstall}`]))
  )

export interface Ran {
  /** Null: it is not there, or was ended. */
  readonly exit: number | null
  readonly timedOut: boolean
  readonly stdout: string
  readonly stderr: string
}

/** From being asked to end until being killed, in milliseconds. */
const grace = 2000

/** Of either output, in characters; far more than any compose file. */
const most = 16 * 2 ** 20

/** Runs it to its end. It sees `variables` and what it needs to reach the engine, nothing else of this process's environment. */
export const run = (
  command: Tool["command"],
  options: {
    readonly args: ReadonlyArray<string>
    /** Milliseconds. */
    readonly limit: number
    readonly cwd?: string
    readonly input?: string
    readonly variables?: Readonly<Record<string, string>>
    readonly line?: (words: string) => void
  }
): Effect.Effect<Ran> =>
  Effect.async<Ran>((resume) => {
    const [program, ...first] = command
    const child = spawn(program, [...first, ...options.args], {
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...ofEngine(), ...options.variables },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd })
    })
    let timedOut = false
    const stdout = gathered(child.stdout, options.line)
    const stderr = gathered(child.stderr, options.line)
    const signal = (which: NodeJS.Signals) => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, which)
      } catch {
        // All of it has ended.
      }
    }
    let killing: NodeJS.Timeout | undefined
    const end = () => {
      signal("SIGTERM")
      killing = setTimeout(() => signal("SIGKILL"), grace)
    }
    const timer = setTimeout(() => {
      timedOut = true
      end()
    }, options.limit)
    const done = (exit: number | null) => {
      clearTimeout(timer)
      clearTimeout(killing)
      resume(Effect.succeed({ exit, timedOut, stdout: stdout(), stderr: stderr() }))
    }
    child.once("error", () => done(null))
    child.once("close", done)
    // One that ends without reading closes the pipe.
    child.stdin.once("error", () => undefined)
    child.stdin.end(options.input ?? "")
    return Effect.async<void>((ended) => {
      child.once("close", () => ended(Effect.void))
      if (child.exitCode !== null || child.pid === undefined) ended(Effect.void)
      end()
    })
  })

/**
 * What it needs of this process's environment: its programs, the user's sign-ins to registries, the engine. Its own choice of an
 * engine (a context) would be another than ours.
 */
const ofEngine = (): Record<string, string> => ({
  ...Object.fromEntries(
    [
      "PATH",
      "HOME",
      "LANG",
      "TMPDIR",
      "DOCKER_CONFIG",
      "DOCKER_TLS_VERIFY",
      "DOCKER_CERT_PATH",
      "DOCKER_API_VERSION",
      "SSH_AUTH_SOCK",
      "XDG_RUNTIME_DIR"
    ].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  ),
  DOCKER_HOST: process.env["DOCKER_HOST"] || "unix:///var/run/docker.sock",
  COMPOSE_DOCKER_CLI_BUILD: "0"
})

const gathered = (stream: NodeJS.ReadableStream, line: ((words: string) => void) | undefined) => {
  let text = ""
  let rest = ""
  stream.setEncoding("utf8")
  stream.on("data", (chunk: string) => {
    if (text.length < most) text += chunk
    if (line === undefined) return
    const parts = `${rest}${chunk}`.split(/[\r\n]+/)
    rest = parts.pop() ?? ""
    for (const part of parts) if (part.trim() !== "") line(part.trim())
  })
  return () => text
}
