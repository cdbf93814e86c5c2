/** The connection to a Docker engine: loaded when it is first used, every call with a time limit and with named failures. */
import type Docker from "dockerode"
import * as Effect from "effect/Effect"
import type { BackendFailure } from "../../app/ports/Backend.ts"
import { sshAgent, sshArguments } from "./OverSsh.ts"
import { failureOf, tooSlow } from "./EngineFailure.ts"

// An import of node:http would load all of fetch and WebSocket with it, for their names.
const { Agent } = process.getBuiltinModule("node:http")

/** Milliseconds. */
export const limits = { ask: 10_000, change: 60_000, image: 30 * 60_000 } as const

export interface Engine {
  /** Of one on another machine: its address, as DOCKER_HOST has it. */
  readonly elsewhere?: string
  /**
   * One exchange. `operation` says what is tried, as an imperative. Fails when the engine does not answer within `limit`; the
   * signal ends what is still under way then.
   */
  readonly call: <A>(
    operation: string,
    limit: number,
    exchange: (docker: Docker, signal: AbortSignal) => Promise<A>
  ) => Effect.Effect<A, BackendFailure>
}

/** The options of a call with the signal that ends it, which the library takes and does not always declare. */
export const asking = <A extends object>(
  options: A,
  abortSignal: AbortSignal
): A & { readonly abortSignal: AbortSignal } => ({
  ...options,
  abortSignal
})

/**
 * A connection for each exchange, which costs next to nothing on this machine: one that was kept may have been closed by the engine
 * just when it is used again. Over TLS the library knows better.
 */
const fresh = (host: string): Docker.DockerOptions => {
  const ssh = sshArguments(host)
  if (ssh !== undefined) return { protocol: "http", host: "", socketPath: "ssh", agent: sshAgent(ssh) } as object
  return /^(?:https|ssh):/.test(host) || (process.env["DOCKER_TLS_VERIFY"] ?? "") !== ""
    ? {}
    : ({ agent: new Agent({ keepAlive: false }) } as object)
}

/** `host`: as DOCKER_HOST has it, which it is unless given; empty for the usual socket of this machine. */
export const connect = (options?: Docker.DockerOptions, host = process.env["DOCKER_HOST"] ?? ""): Engine => {
  let connection: Promise<Docker> | undefined
  const docker = () =>
    (connection ??= import("dockerode").then(({ default: Docker }) => {
      // That a library calls what Node will not have for ever is not the user's to read.
      process.noDeprecation = true
      return asEnvironment(host, () => new Docker({ ...fresh(host), ...options }))
    }))
  return {
    ...(options === undefined && isOtherMachine(host) ? { elsewhere: host } : {}),
    call: (operation, limit, exchange) =>
      Effect.tryPromise({
        try: async (signal) => exchange(await docker(), signal),
        catch: (cause) => failureOf(operation, cause)
      }).pipe(Effect.timeoutFail({ duration: limit, onTimeout: () => tooSlow(operation, limit) }))
  }
}

/** What DOCKER_HOST names: a socket of this machine, or an address. */
export const isOtherMachine = (host: string): boolean => {
  if (!/^(?:tcp|http|https|ssh):\/\//.test(host) || !URL.canParse(host)) return false
  const { hostname } = new URL(host.replace(/^(?:tcp|ssh):/, "http:"))
  return host.startsWith("ssh:") || !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
}

/** The library takes an address, and what goes with it for TLS, from the environment alone. */
const asEnvironment = <A>(host: string, make: () => A): A => {
  const before = process.env["DOCKER_HOST"]
  const set = (value: string | undefined) => {
    if (value === undefined || value === "") delete process.env["DOCKER_HOST"]
    else process.env["DOCKER_HOST"] = value
  }
  try {
    set(host)
    return make()
  } finally {
    set(before)
  }
}
