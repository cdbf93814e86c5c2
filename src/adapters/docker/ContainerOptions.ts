/** What a workspace's container is made with: the least rights that an SSH server, a shell and a package manager need. */
import { statSync } from "node:fs"
import { posix } from "node:path"
import type { ContainerCreateOptions } from "dockerode"
import type { Order, Publication } from "../../app/ports/Backend.ts"
import type { Volume } from "../../domain/workspace/Spec.ts"
import { planFile } from "./compose/Plan.ts"
import { labels, nameOf } from "./Labels.ts"
import { nestedVolume, type Nesting } from "./Nesting.ts"

/**
 * Changing owners and users (sshd, package managers, `su`), reaching files of any user as root, ending other users' processes, and
 * sshd's own empty root. Not: devices, raw packets, capabilities of files, other name spaces, the host's kernel.
 */
const capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SYS_CHROOT"]

export const volumeName = (order: Order, volume: Volume): string => `${nameOf(order.workspace)}-${volume.name}`

/** With absolute paths. */
export const volumesOf = ({ spec, inside }: Order): ReadonlyArray<Volume> => [
  ...spec.volumes.map(({ name, path }) => ({ name, path: path.startsWith("/") ? path : posix.join(inside, path) })),
  ...(spec.nested ? [nestedVolume] : [])
]

/** A folder of a container's own, in place of one of the host that is to be kept the same by others. */
export interface ApartFolder {
  readonly volume: string
  readonly path: string
}

/** None where the host's own are seen. Files are not: whoever fills the folders brings them. */
export const apartFolders = (order: Order): ReadonlyArray<ApartFolder> =>
  order.spec.sync === undefined
    ? []
    : order.mounts
        .filter(({ from }) => statSync(from).isDirectory())
        .map(({ to }, index) => ({ volume: `${nameOf(order.workspace)}-apart-${index}`, path: to }))

export const containerOptions = (
  order: Order,
  log: string,
  image: string,
  options: { readonly disk: boolean; readonly nesting: Nesting }
): ContainerCreateOptions => {
  const { cpus, memoryBytes, processes, diskBytes } = order.spec.limits
  const { uid, gid } = order.owner
  const volumes = volumesOf(order)
  const apart = apartFolders(order)
  const isAlone = order.spec.network === "none"
  const ports = order.ports.filter(({ companion }) => companion === undefined)
  return {
    name: `nexus-${order.name}-${order.workspace.slice("ws_".length)}`,
    Image: image,
    Hostname: order.name,
    Labels: {
      [labels.log]: log,
      [labels.workspace]: order.workspace,
      [labels.step]: order.step,
      [labels.folder]: order.inside,
      [labels.owner]: `${uid}:${gid}`,
      [labels.account]: order.spec.user ?? "",
      [labels.ports]: JSON.stringify(isAlone ? [] : order.ports),
      [labels.volumes]: JSON.stringify(volumes),
      ...(apart.length === 0 ? {} : { [labels.apart]: JSON.stringify(apart.map(({ path }) => path)) }),
      ...(order.spec.compose === undefined ? {} : { [labels.plan]: planFile(order.own) })
    },
    // Whatever the image says: root starts sshd, and everything else is run as the worktree's owner.
    User: "0:0",
    WorkingDir: "/",
    Entrypoint: ["/bin/sh", "/.nexus/start"],
    Cmd: [],
    Healthcheck: { Test: ["NONE"] },
    ExposedPorts: Object.fromEntries(ports.map((port) => [portKey(port), {}])),
    HostConfig: {
      Init: true,
      NetworkMode: isAlone ? "none" : nameOf(order.workspace),
      PortBindings: isAlone ? {} : bindings(ports),
      RestartPolicy: { Name: "no" },
      Mounts: [
        ...(order.spec.sync === undefined ? order.mounts : []).map(({ from, to, writable }) => ({
          Type: "bind" as const,
          Source: from,
          Target: to,
          ReadOnly: !writable,
          BindOptions: { Propagation: "rprivate" as const }
        })),
        ...apart.map(({ volume, path }) => ({ Type: "volume" as const, Source: volume, Target: path })),
        ...volumes.map((volume) => ({
          Type: "volume" as const,
          Source: volumeName(order, volume),
          Target: volume.path
        }))
      ],
      Tmpfs: { "/run/nexus": `rw,nosuid,nodev,noexec,size=4m,mode=0711,uid=${uid},gid=${gid}` },
      ...rights(order.spec.nested, options.nesting),
      ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
      // The same with swap: otherwise it could use twice as much.
      ...(memoryBytes === undefined ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
      ...(processes === undefined ? {} : { PidsLimit: processes }),
      ...(diskBytes === undefined || !options.disk ? {} : { StorageOpt: { size: String(diskBytes) } }),
      // What it prints would fill the host's disk otherwise.
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "2" } },
      Sysctls: isAlone ? {} : { "net.ipv4.ip_unprivileged_port_start": "0" }
    }
  }
}

const rights = (nested: boolean, nesting: Nesting): NonNullable<ContainerCreateOptions["HostConfig"]> => {
  if (!nested) return { CapDrop: ["ALL"], CapAdd: capabilities, SecurityOpt: ["no-new-privileges"] }
  if (nesting === "privileged") return { Privileged: true }
  return {
    CapAdd: ["ALL"],
    CapDrop: ["SYS_RESOURCE"],
    SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
    // Nothing of /proc and /sys is hidden.
    MaskedPaths: [],
    ReadonlyPaths: [],
    DeviceCgroupRules: ["a *:* rwm"]
  }
}

const portKey = ({ port, protocol }: Publication) => `${port}/${protocol}`

const bindings = (ports: ReadonlyArray<Publication>) => {
  const bound: Record<string, Array<{ HostIp: string; HostPort: string }>> = {}
  for (const port of ports) {
    const places = (bound[portKey(port)] ??= [])
    places.push({ HostIp: port.host, HostPort: String(port.hostPort) })
  }
  return bound
}
