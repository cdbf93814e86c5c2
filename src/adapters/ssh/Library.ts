/**
 * The parts of ssh2 that are used, each loaded when it is: all of it, servers and HTTP agents included, takes twice as long to
 * load as a client (75 against 50 ms). Its version is pinned, so that its files are where they are.
 */
import type { BaseAgent, Client, ParsedKey } from "ssh2"

/** Of an ES module: Node gives a CommonJS module's exports as `default`. */
const load = async <A>(loaded: Promise<{ readonly default: unknown }>): Promise<A> => (await loaded).default as A

export const client = () => load<typeof Client>(import("ssh2/lib/client.js"))

export const keygen = () =>
  load<{
    readonly generateKeyPairSync: (
      type: "ed25519",
      options: { readonly comment: string }
    ) => {
      readonly private: string
      readonly public: string
    }
  }>(import("ssh2/lib/keygen.js"))

export const keyParser = () =>
  load<{ readonly parseKey: (data: string | Buffer) => ParsedKey | ReadonlyArray<ParsedKey> | Error }>(
    import("ssh2/lib/protocol/keyParser.js")
  )

export const agent = () =>
  load<{ readonly OpenSSHAgent: new (socket: string) => BaseAgent }>(import("ssh2/lib/agent.js"))
