/** Which ports of this machine are free at this moment: what the log does not know of is found by trying. */
import { createSocket } from "node:dgram"
import { createServer } from "node:net"
import * as Effect from "effect/Effect"
import { allocate, type Reached } from "../../domain/workspace/Ports.ts"
import type { Protocol } from "../../domain/workspace/Spec.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"

const host = "127.0.0.1"

/**
 * Whether nothing holds a port of loopback: no program, no container, no connection that goes out from it. It is bound for a moment.
 * A port that can't be tried for another reason counts as free: the backend will say what is wrong.
 */
export const isFree = (port: number, protocol: Protocol): Effect.Effect<boolean> =>
  Effect.async<boolean>((resume) => {
    const failed = ({ code }: NodeJS.ErrnoException) => resume(Effect.succeed(code !== "EADDRINUSE"))
    if (protocol === "udp") {
      const socket = createSocket("udp4")
      socket.once("error", failed)
      socket.bind(port, host, () => socket.close(() => resume(Effect.succeed(true))))
    } else {
      const server = createServer()
      server.once("error", failed)
      server.listen({ port, host, exclusive: true }, () => server.close(() => resume(Effect.succeed(true))))
    }
  })

/**
 * Ports that are held by something the log does not know of, as far as these services would be given them. With these left out, the
 * next that are given are free, unless they are taken in this very moment. `besides`: known not to be free.
 */
export const busyPorts = (
  services: ReadonlyArray<Reached>,
  besides: ReadonlySet<number> = new Set()
): Effect.Effect<ReadonlySet<number>, never, EventLog> =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const busy = new Set(besides)
    while (true) {
      const given = allocate(new Set([...Rows.reserved(database), ...busy]), services) ?? []
      const free = yield* Effect.forEach(given, ({ hostPort, protocol }) => isFree(hostPort, protocol))
      const held = given.filter((_, index) => free[index] !== true)
      if (held.length === 0) return busy
      for (const { hostPort } of held) busy.add(hostPort)
    }
  })
