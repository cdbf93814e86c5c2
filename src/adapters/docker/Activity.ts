/** What shows that a container is used: who is connected to it, what was started in it, and who has a terminal there (proc(5)). */
import * as Effect from "effect/Effect"
import type { Activity, BackendFailure } from "../../app/ports/Backend.ts"
import { established } from "../Connections.ts"
import type { Found } from "./Containers.ts"
import type { Engine } from "./Engine.ts"
import { raw } from "./Execute.ts"

const none: Activity = { ssh: 0, connections: 0, commands: 0, terminals: 0 }

export const activity = (engine: Engine, found: Found): Effect.Effect<Activity, BackendFailure> => {
  if (found.state !== "running") return Effect.succeed(none)
  // A process may end between its name being found and its being read; a table may be missing (no IPv6).
  const command = ["/bin/sh", "-c", 'echo "= $$"; cat /proc/net/tcp /proc/net/tcp6 /proc/[0-9]*/stat 2>/dev/null; :']
  const services = new Map(found.ports.map(({ service, port }) => [port, service]))
  return Effect.map(raw(engine, found.id, { command, user: "0:0" }), ({ stdout }) => activityIn(stdout, services))
}

/** `services`: by their ports inside. */
export const activityIn = (text: string, services: ReadonlyMap<number, string>): Activity => {
  const own = /^= (\d+)$/m.exec(text)?.[1]
  // What a program inside has with another one inside is no use of the workspace.
  const outside = established(text).filter(({ port, isLoopback }) => services.has(port) && !isLoopback)
  const ssh = outside.filter(({ port }) => services.get(port) === "ssh").length
  const programs = text.split("\n").flatMap((line) => {
    const [, pid, state, parent, terminal] = /^(\d+) \(.*\) (\S) (\d+) \d+ \d+ (-?\d+) /.exec(line) ?? []
    return pid === undefined || pid === "1" || pid === own || state === "Z" ? [] : [{ parent, terminal }]
  })
  return {
    ssh,
    connections: outside.length - ssh,
    // Whose parent is outside was started by the engine, and runs since.
    commands: programs.filter(({ parent }) => parent === "0").length,
    terminals: programs.filter(({ terminal }) => terminal !== "0").length
  }
}
