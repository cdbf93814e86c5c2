/** Which of this machine's ports a workspace's services get. Pure. */
import type { Protocol, Service } from "./Spec.ts"

/**
 * Within Linux' ephemeral range (32768 to 60999): any program's outgoing connection may hold one of these at any moment, so a port
 * that is free here may still turn out to be taken.
 */
export const range = { first: 32_800, last: 34_999 } as const

export interface Port {
  readonly service: string
  readonly hostPort: number
  readonly port: number
  readonly protocol: Protocol
  /** The project's own service beside the workspace that it leads to; absent: the workspace itself. */
  readonly companion?: string | undefined
}

/** A port inside that is to be reached, of the workspace itself or of a service of the project's beside it. */
export type Reached = Service & Pick<Port, "companion">

/** SSH is always among a workspace's services, under this name. */
export const ssh: Service = { name: "ssh", port: 22, protocol: "tcp" }

/**
 * The lowest free port for each service, SSH first, then in order. `taken`: reserved by any workspace, or known to be in use.
 * Undefined when there are not enough.
 */
export const allocate = (
  taken: ReadonlySet<number>,
  services: ReadonlyArray<Reached>
): ReadonlyArray<Port> | undefined => {
  const ordered = [
    ...services.filter(({ name }) => name === ssh.name),
    ...services.filter(({ name }) => name !== ssh.name)
  ]
  const ports: Array<Port> = []
  let next: number = range.first
  for (const { name, port, protocol, companion } of ordered) {
    while (taken.has(next)) next += 1
    if (next > range.last) return undefined
    ports.push({ service: name, hostPort: next, port, protocol, ...(companion === undefined ? {} : { companion }) })
    next += 1
  }
  return ports
}

/** The variable by which programs learn of a service's port of this machine. */
export const portVariable = (service: string): string =>
  `NEXUS_PORT_${service.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`
