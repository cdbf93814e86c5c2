/** On which ports something inside listens: the kernel's own tables (proc(5), /proc/net). */
import * as Effect from "effect/Effect"
import type { BackendFailure } from "../../app/ports/Backend.ts"
import type { Protocol } from "../../domain/workspace/Spec.ts"
import type { Found } from "./Containers.ts"
import type { Engine } from "./Engine.ts"
import { raw } from "./Execute.ts"

export interface Listener {
  readonly port: number
  readonly protocol: Protocol
}

export const listening = (engine: Engine, found: Found): Effect.Effect<ReadonlyArray<Listener>, BackendFailure> => {
  if (found.state !== "running") return Effect.succeed([])
  const tables = Object.keys(kinds).map((table) => `/proc/net/${table}`)
  // One that is missing (no IPv6) is passed over.
  const command = ["/bin/sh", "-c", 'for t; do echo "= $t"; cat "$t" 2>/dev/null; done', "sh", ...tables]
  return Effect.map(raw(engine, found.id, { command, user: "0:0" }), ({ stdout }) => listeners(stdout))
}

/** Which protocol a table is of, and the state that listens: LISTEN of TCP, "unconnected" of UDP. */
const kinds: Readonly<Record<string, readonly [Protocol, string]>> = {
  tcp: ["tcp", "0A"],
  tcp6: ["tcp", "0A"],
  udp: ["udp", "07"],
  udp6: ["udp", "07"]
}

/** The engine's name server, which is inside as well: 127.0.0.11, in the kernel's byte order. */
const nameServer = "0B00007F"

/** By port, each once. */
export const listeners = (text: string): ReadonlyArray<Listener> => {
  const found = new Map<string, Listener>()
  let kind: readonly [Protocol, string] | undefined
  for (const line of text.split("\n")) {
    const [, table] = /^= \/proc\/net\/(\w+)$/.exec(line) ?? []
    if (table !== undefined) kind = kinds[table]
    const [, address, hex, state] =
      /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2})/.exec(line) ?? []
    if (kind === undefined || hex === undefined || state !== kind[1] || address === nameServer) continue
    const port = Number.parseInt(hex, 16)
    found.set(`${kind[0]} ${port}`, { port, protocol: kind[0] })
  }
  return [...found.values()].sort((a, b) => a.port - b.port)
}
