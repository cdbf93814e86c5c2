/** From a destination to a connection that is logged in, or to the reason why there is none and what to do about it. */
import { timingSafeEqual } from "node:crypto"
import type { AnyAuthMethod, Client } from "ssh2"
import type { Route } from "../../app/ports/Backend.ts"
import { type ConnectOptions, type Destination, SshFailed } from "../../app/ports/Ssh.ts"
import { codeOf, reasonOf } from "./Causes.ts"
import * as Library from "./Library.ts"
import { type Link, openLink } from "./Link.ts"
import { fingerprintOf, type PublicKey, parsePublicKey } from "./PublicKey.ts"

/** A connection that is logged in. */
export interface Open {
  readonly alias: string
  readonly client: Client
  readonly closed: Promise<void>
  readonly isClosed: () => boolean
  /** Why it ended, as far as that is known. */
  readonly whyClosed: () => string
  readonly release: () => void
}

type Kind = SshFailed["kind"]

const advices: Readonly<Record<Kind, string>> = {
  refused:
    "Nothing listens there: start the workspace (nexus workspace start), or have it looked at (nexus workspace repair)",
  timeout: "See whether the workspace runs (nexus workspace show), and try again",
  gone: "See whether the workspace and its engine run (nexus workspace show, nexus doctor), and try again",
  "host-key":
    "Whatever answers there is not the workspace that was made: nothing was sent to it. Run nexus workspace repair; if the workspace's host key was changed by hand, make the workspace anew",
  auth: "Its authorized_keys lacks the key of this Nexus: run nexus workspace repair",
  "not-ssh": "Another program may have taken its port: run nexus workspace repair",
  "no-route": "Use nexus workspace exec, which needs no SSH",
  failed: "Try again; nexus doctor tells more"
}

export const failure = (alias: string, kind: Kind, detail: string, advice = advices[kind]): SshFailed =>
  new SshFailed({ alias, kind, detail: detail.replace(/[.\s]+$/, ""), advice })

export const openConnection = async (
  destination: Destination,
  privateKey: string,
  options: ConnectOptions,
  interrupted: AbortSignal
): Promise<Open> => {
  const { alias, route } = destination
  const expected = parsePublicKey(destination.hostKey)
  if (route.kind === "none") throw failure(alias, "no-route", route.reason)
  if (expected === undefined) throw failure(alias, "host-key", "the key that it must present is not known")
  // The way is opened first: the server gets ready while the library loads.
  const link = openLink(route)
  let early: Error | undefined
  const keep = (cause: Error) => {
    early = cause
  }
  link.stream.once("error", keep)
  const ClientOfLibrary = await Library.client()
  link.stream.off("error", keep)
  if (early !== undefined || link.stream.destroyed) {
    link.release()
    const cause = early ?? new Error("Connection lost")
    throw failure(alias, ...explain(cause, describeRoute(route), link.words()))
  }
  const client = new ClientOfLibrary()
  const release = () => {
    client.end()
    link.release()
  }
  try {
    return await logIn({ client, link, release, destination, expected, privateKey, options, interrupted })
  } catch (cause) {
    client.destroy()
    link.release()
    throw cause
  }
}

interface Attempt {
  readonly client: Client
  readonly link: Link
  readonly release: () => void
  readonly destination: Destination
  readonly expected: PublicKey
  readonly privateKey: string
  readonly options: ConnectOptions
  readonly interrupted: AbortSignal
}

const logIn = ({ client, link, release, destination, expected, privateKey, options, interrupted }: Attempt) =>
  new Promise<Open>((resolve, reject) => {
    const { alias, user } = destination
    const where = describeRoute(destination.route)
    const patience = options.timeout ?? (destination.route.kind === "command" ? 30_000 : 10_000)
    let presented: Buffer | undefined
    let agentWords = ""
    let isAnswering = false
    let lastWords = ""
    let isClosed = false
    const closed = new Promise<void>((done) => {
      // Before the channels' own ends are told.
      link.stream.once("close", () => {
        isClosed = true
      })
      client.once("close", () => done())
    })
    const fail = (kind: Kind, detail: string) => {
      clearTimeout(timer)
      reject(failure(alias, kind, detail))
    }
    const timer = setTimeout(() => fail("timeout", `${where} did not let us in within ${patience / 1000} s`), patience)
    interrupted.addEventListener("abort", () => {
      fail("failed", "interrupted")
      release()
    })

    client.on("error", (cause: Error & { level?: string }) => {
      lastWords = cause.message
      // Of an agent that can't be asked: what else there is goes on being tried.
      if (cause.level === "agent") agentWords = ` (the agent could not be asked: ${cause.message})`
      else if (presented !== undefined) fail("host-key", otherKey(expected, presented))
      else if (cause.level === "client-authentication")
        fail("auth", `${where} does not let ${user} in with our key${agentWords}`)
      else if (cause.message.includes("no matching host key")) fail("host-key", otherKey(expected, undefined))
      // Once it has said who it is, what breaks the rules is a fault of SSH, not of another program.
      else if (cause.level === "protocol" && !isAnswering) fail("not-ssh", `${where} answers, but not as an SSH server`)
      else fail(...explain(cause, where, link.words()))
    })
    client.once("close", () => fail("gone", `${where} ended the connection${because(link.words())}`))
    client.once("handshake", () => {
      isAnswering = true
    })
    client.once("ready", () => {
      clearTimeout(timer)
      resolve({ alias, client, closed, isClosed: () => isClosed, whyClosed: () => link.words() || lastWords, release })
    })
    client.connect({
      sock: link.stream,
      username: user,
      readyTimeout: 0,
      keepaliveInterval: options.keepalive ?? 15_000,
      keepaliveCountMax: 4,
      ...(options.agent === undefined ? {} : { agent: options.agent }),
      authHandler: methods(user, privateKey, options.agent),
      algorithms: {
        serverHostKey: expected.type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [expected.type as "ssh-ed25519"]
      },
      hostVerifier: (key: Buffer): boolean => {
        const isSame = key.length === expected.bytes.length && timingSafeEqual(key, expected.bytes)
        if (!isSame) presented = key
        return isSame
      }
    })
  })

/** Our own key first: it needs no agent, and a server counts the keys that are tried. */
const methods = (username: string, key: string, agent: string | undefined): Array<AnyAuthMethod> => [
  { type: "publickey", username, key },
  ...(agent === undefined ? [] : [{ type: "agent" as const, username, agent }])
]

const otherKey = (expected: PublicKey, presented: Buffer | undefined): string =>
  `its host key is ${presented === undefined ? "of another type" : fingerprintOf(presented)}, not ${fingerprintOf(expected.bytes)}`

const because = (words: string): string => (words === "" ? "" : `: ${words}`)

const explain = (cause: Error, where: string, words: string): readonly [Kind, string] => {
  const code = codeOf(cause)
  if (code === "ECONNREFUSED") return ["refused", `${where} refuses connections`]
  if (code === "ETIMEDOUT") return ["timeout", `${where} does not answer`]
  if (code === "ENOENT") return ["gone", `the program of ${where} is not there`]
  return words !== "" || code === "ECONNRESET" || code === "EPIPE" || cause.message.includes("Connection lost")
    ? ["gone", `${where} ended the connection${because(words)}`]
    : ["failed", reasonOf(cause)]
}

const describeRoute = (route: Route): string => {
  if (route.kind === "tcp") return `${route.host}:${route.port}`
  return route.kind === "command" ? `"${route.command.join(" ")}"` : "nothing"
}
