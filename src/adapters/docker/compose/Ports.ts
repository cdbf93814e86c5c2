/** The ports that a compose file publishes, in each of its ways of saying so, and what they are called here. Pure. */
import type { Reached } from "../../../domain/workspace/Ports.ts"
import type { Protocol } from "../../../domain/workspace/Spec.ts"
import { isFields, listOf, type Value, wordOf } from "./Value.ts"

export interface Target {
  readonly port: number
  readonly protocol: Protocol
}

/**
 * The ports inside, each once: which port of this machine was asked for, and on which of its addresses, does not count. Undefined for
 * one that is not understood. `3000`, `8000:80`, `127.0.0.1:8000:80/udp`, `[::1]:80:80`, `3000-3002:3000-3002`, or
 * `{ target: 80, published: 8000, protocol: udp }` (Compose Specification, "ports").
 */
export const targetsOf = (ports: Value | undefined): ReadonlyArray<Target> | undefined => {
  const found = new Map<string, Target>()
  for (const entry of listOf(ports)) {
    const [text, protocol] = isFields(entry)
      ? [wordOf(entry["target"]), wordOf(entry["protocol"] ?? "tcp")]
      : shortOf(wordOf(entry))
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
    const [from, to] = [Number(first), Number(last)]
    if (first === undefined || from < 1 || to < from || to > 65_535) return undefined
    if (protocol !== "tcp" && protocol !== "udp") return undefined
    for (let port = from; port <= to; port++) found.set(`${port}/${protocol}`, { port, protocol })
  }
  return [...found.values()]
}

/** What comes last is what is inside. */
const shortOf = (text: string): readonly [target: string, protocol: string] => {
  const [places = "", protocol = "tcp"] = text.split("/")
  return [places.split(":").at(-1) ?? "", protocol.toLowerCase()]
}

/** `db` where a service has one port, else `db-5432`; or the next that is not taken. */
export const namedPorts = (
  services: ReadonlyArray<{ readonly name: string; readonly targets: ReadonlyArray<Target> }>,
  taken: ReadonlySet<string>
): ReadonlyArray<Reached> => {
  const names = new Set(taken)
  return services.flatMap(({ name: companion, targets }) =>
    targets.map(({ port, protocol }): Reached => {
      const long = `${companion}-${port}`
      const wanted = [...(targets.length === 1 ? [companion] : []), long, `${long}-${protocol}`, `compose-${long}`]
      const name = wanted.find((one) => !names.has(one)) ?? `compose-${long}-${protocol}`
      names.add(name)
      return { name, port, protocol, companion }
    })
  )
}
