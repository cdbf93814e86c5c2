/** On which ports something inside listens: the kernel's own tables (proc(5), /proc/net). */
import * as Effect from "effect/Effect"
import type { BackendFailure, Listener } from "../../app/ports/Backend.ts"
import type { Protocol } from "../../domain/workspace/Spec.ts"
import type { Found } from "./Containers.ts"
import type { Engine } from "./Engine.ts"
import { raw } from "./Execute.ts"

/** Undefined when that can't be told: it has no shell. */
export const listening = (
  engine: Engine,
  found: Pick<Found, "id" | "state">
): Effect.Effect<ReadonlyArray<Listener> | undefined, BackendFailure> => {
  if (found.state !== "running") return Effect.succeed([])
  const tables = Object.keys(kinds).map((table) => `/proc/net/${table}`)
  // One that is missing (no IPv6) is passed over.
  const command = ["/bin/sh", "-c", 'for t; do echo "= $t"; cat "$t" 2>/dev/null; done', "sh", ...tables]
  return Effect.map(raw(engine, found.id, { command, user: "0:0" }), ({ stdout }) =>
    stdout.includes("= /proc/net/") ? listeners(stdout) : undefined
  )
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

/** 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104, in the kernel's byte order. */
const isLoopback = (address: string): boolean =>
  /^(?:[0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/.test(address)

/** By port, each once; local only when all that listen on it are. */
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
    const key = `${kind[0]} ${port}`
    const isLocal = isLoopback(address ?? "") && found.get(key)?.isLocal !== false
    found.set(key, { port, protocol: kind[0], isLocal })
  }
  return [...found.values()]
    .sort((a, b) => a.port - b.port)
    .map(({ port, protocol, isLocal }) => ({ port, protocol, ...(isLocal === true ? { isLocal } : {}) }))
}
