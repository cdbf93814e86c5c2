/**
 * An engine that is asked through its socket on this machine, without the library: for what must be quick. It finds the engine that
 * the library would find, and fails with errors of the same form, which EngineFailure.ts reads.
 */
import { accessSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import type { IncomingMessage, RequestOptions } from "node:http"
import type { Duplex } from "node:stream"

// An import of node:http would load all of fetch and WebSocket with it, for their names.
const { request } = process.getBuiltinModule("node:http")

type Environment = Readonly<Record<string, string | undefined>>

/** Undefined: the engine is elsewhere, or is to be asked in another way. */
export const localSocket = (environment: Environment): string | undefined => {
  const host = environment["DOCKER_HOST"] ?? ""
  const isOrdinary =
    process.platform !== "win32" && !environment["DOCKER_TLS_VERIFY"] && !environment["DOCKER_CLIENT_TIMEOUT"]
  if (!isOrdinary || (host !== "" && !host.startsWith("unix://"))) return undefined
  const named = host.slice("unix://".length)
  if (named !== "") return named
  const own = join(homedir(), ".docker", "run", "docker.sock")
  try {
    accessSync(own)
    return own
  } catch {
    return "/var/run/docker.sock"
  }
}

/** Milliseconds, as Engine.ts has them. */
const limits = { ask: 10_000, change: 60_000 }

/** One exchange in JSON. */
export const ask = async <A>(socket: string, method: "GET" | "POST", path: string, body?: object): Promise<A> => {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    send(socket, limits.ask, { method, path }, body).once("response", resolve).once("error", reject)
  })
  return (await read(response)) as A
}

/** A connection to what a request starts, after its answer. It is there as long as that runs. */
export const attach = (socket: string, path: string, body: object): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    send(socket, limits.change, { method: "POST", path, headers: { Connection: "Upgrade", Upgrade: "tcp" } }, body)
      .once("upgrade", (_, connection, head) => {
        if (head.length > 0) connection.unshift(head)
        resolve(connection)
      })
      // It refused: no answer of this kind is a success.
      .once("response", (response) => {
        read(response).then(() => reject(new Error("the engine did not connect")), reject)
      })
      .once("error", reject)
  })

const send = (socketPath: string, limit: number, options: RequestOptions, body: object | undefined) => {
  const text = body === undefined ? "" : JSON.stringify(body)
  const about = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) }
  const headers = { ...(body === undefined ? {} : about), ...(options.headers as object | undefined) }
  // A connection for each exchange: one that was kept may have been closed by the engine just when it is used again.
  const sent = request({ ...options, socketPath, agent: false, headers })
  const timer = setTimeout(() => sent.destroy(new Error(`it did not answer within ${limit / 1000} s`)), limit)
  for (const event of ["response", "upgrade", "error"] as const) sent.once(event, () => clearTimeout(timer))
  sent.end(text)
  return sent
}

const read = async (response: IncomingMessage): Promise<unknown> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString("utf8")
  const json: unknown = text === "" ? undefined : JSON.parse(text)
  const { statusCode = 0 } = response
  if (statusCode < 200 || statusCode > 299)
    throw Object.assign(new Error(`HTTP code ${statusCode}`), { statusCode, json })
  return json
}
