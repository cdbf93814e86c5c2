/** What an engine's errors mean. Its words are those of Docker 20.10 to 28 and of the kernel. */
import { BackendFailed, type BackendFailure, BackendUnavailable } from "../../app/ports/Backend.ts"

export const backend = "docker"

/** A part of what the engine, Node or the kernel gives. */
interface Raised {
  readonly statusCode?: number
  readonly code?: string
  readonly message?: string
  readonly json?: { readonly message?: string }
}

const unreachable: Readonly<Record<string, readonly [reason: string, advice: string]>> = {
  ENOENT: ["no engine is there", "Install and start Docker (Debian: apt install docker.io)."],
  ECONNREFUSED: ["the engine is not running", "Start it: systemctl start docker, or Docker Desktop."],
  EACCES: ["this user may not use the engine", "Add the user to the group docker, and log in again."],
  EPERM: ["this user may not use the engine", "Add the user to the group docker, and log in again."],
  ENOTFOUND: ["its host is unknown", "Look at DOCKER_HOST."],
  EAI_AGAIN: ["its host can't be found", "Look at DOCKER_HOST and at the network."],
  EHOSTUNREACH: ["its host can't be reached", "Look at DOCKER_HOST and at the network."],
  ETIMEDOUT: ["its host does not answer", "Look at DOCKER_HOST and at the network."],
  ECONNRESET: ["the engine went away meanwhile", "Start it again; nexus workspace repair finishes what was begun."],
  EPIPE: ["the engine went away meanwhile", "Start it again; nexus workspace repair finishes what was begun."]
}

export const unavailable = (reason: string, advice: string): BackendUnavailable =>
  new BackendUnavailable({ backend, reason, advice })

export const tooSlow = (operation: string, limit: number): BackendUnavailable =>
  unavailable(
    `the engine did not ${operation} within ${Math.round(limit / 1000)} s`,
    "Look at its log and at the machine's load, then try again."
  )

export const failed = (
  operation: string,
  kind: BackendFailed["kind"],
  detail: string,
  more: { readonly advice?: string; readonly port?: number } = {}
): BackendFailed => new BackendFailed({ backend, operation, kind, detail, ...more })

/** `operation`: what was tried, as an imperative ("start the workspace"). */
export const failureOf = (operation: string, cause: unknown): BackendFailure => {
  if (cause instanceof BackendFailed || cause instanceof BackendUnavailable) return cause
  const { statusCode, code, message = String(cause), json } = (cause ?? {}) as Raised
  if (statusCode === undefined && code !== undefined) {
    const [reason, advice] = unreachable[code] ?? []
    if (reason !== undefined && advice !== undefined) return unavailable(reason, advice)
    if (code === "ENOSPC") return noSpace(operation, message)
  }
  // The modem ends a request on which nothing was heard with this.
  if (statusCode === undefined && message === "socket hang up") return unavailable(...unreachable["ECONNRESET"]!)
  const detail = json?.message ?? message
  if (/no space left on device|disk quota exceeded/i.test(detail)) return noSpace(operation, detail)
  if (/port is already allocated|address already in use|ports are not available/i.test(detail)) {
    const port = /:(\d{1,5})(?= failed|: bind|->|: listen|\/| )/.exec(detail)?.[1]
    return failed(operation, "port-taken", detail, port === undefined ? {} : { port: Number(port) })
  }
  if (/no such image|manifest .*not found|pull access denied|failed to resolve reference/i.test(detail)) {
    return failed(operation, "image-missing", detail)
  }
  if (statusCode === 404) return failed(operation, "gone", detail)
  if (statusCode === 403 || statusCode === 400) return failed(operation, "refused", detail)
  return failed(operation, "failed", detail)
}

const noSpace = (operation: string, detail: string) =>
  failed(operation, "no-space", detail, { advice: "Free some with docker system prune, or delete workspaces." })

/** Whether the engine says that there is no such thing (any more). */
export const isGone = (failure: BackendFailure): boolean => failure._tag === "BackendFailed" && failure.kind === "gone"
