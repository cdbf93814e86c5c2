/**
 * One service of a compose file as a workspace can have it: what would not be kept apart is refused, what two workspaces can't both have
 * is left out, the rest is as it was. What is not known is refused: it may be a way out.
 */
import { type Mounts, mountsOf } from "./Mounts.ts"
import { type Target, targetsOf } from "./Ports.ts"
import { type Fields, fieldsOf, isNothing, listOf, type Value, wordOf } from "./Value.ts"
import { buildOf } from "./BuildOf.ts"

export interface Place {
  /** The worktree, links followed. */
  readonly folder: string
  /** As `mountsOf` has it. */
  readonly pointer: string | undefined
  /** What an image is called that is built for a service. */
  readonly image: (service: string) => string
  readonly labels: Readonly<Record<string, string>>
}

export interface Neutral {
  readonly name: string
  readonly service: Fields
  readonly targets: ReadonlyArray<Target>
  readonly binds: ReadonlyArray<string>
  readonly refused: ReadonlyArray<string>
  /** What is otherwise than the file has it, in words. */
  readonly notes: ReadonlyArray<string>
}

/** They say what runs in it, not what it can reach. */
const kept = new Set(
  [
    "command entrypoint environment user working_dir hostname domainname image platform healthcheck init stdin_open tty",
    "stop_signal stop_grace_period read_only tmpfs group_add expose extra_hosts dns dns_opt dns_search links depends_on profiles",
    "ulimits shm_size mem_limit memswap_limit mem_reservation mem_swappiness cpus cpu_count cpu_percent cpu_shares cpu_quota",
    "cpu_period cpuset pids_limit cap_drop secrets configs sysctls"
  ].flatMap((line) => line.split(" "))
)

/** They are answered for in another way, or say nothing of what runs. */
const passed = new Set(
  [
    "container_name ports networks logging restart pull_policy scale develop annotations mac_address oom_score_adj labels attach",
    "deploy build volumes env_file label_file extends network_mode pid ipc uts userns_mode cap_add security_opt volumes_from"
  ].flatMap((line) => line.split(" "))
)

/** Those that an engine gives anyway, and two that databases ask for. */
const harmless = new Set(
  [
    "CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SYS_CHROOT NET_BIND_SERVICE NET_RAW MKNOD AUDIT_WRITE SETFCAP SETPCAP",
    "IPC_LOCK SYS_NICE"
  ].flatMap((line) => line.split(" "))
)

export const neutral = (name: string, given: Fields, place: Place): Neutral => {
  const mounted = mountsOf(given["volumes"], place.folder, place.pointer)
  const targets = targetsOf(given["ports"])
  const built = given["build"] === undefined || given["build"] === null ? undefined : buildOf(given["build"], place)
  const replicas = Math.max(
    Number(wordOf(fieldsOf(given["deploy"])["replicas"] ?? 1)),
    Number(wordOf(given["scale"] ?? 1))
  )
  const service: Fields = {
    ...Object.fromEntries(Object.entries(given).filter(([key, value]) => kept.has(key) && value !== null)),
    ...networkOf(given),
    ...restartOf(given, mounted),
    ...(built === undefined ? {} : { build: built.build, image: place.image(name) }),
    ...(mounted.mounts.length === 0 ? {} : { volumes: mounted.mounts }),
    ...limitsOf(given["deploy"]),
    ...present("cap_add", given["cap_add"]),
    ...present("security_opt", given["security_opt"]),
    ...present("volumes_from", given["volumes_from"]),
    ...Object.fromEntries(["ipc", "pid"].flatMap((key) => (isOfService(given[key]) ? [[key, given[key]]] : []))),
    labels: { ...ownLabels(given["labels"]), ...place.labels },
    // What it prints would fill the host's disk otherwise.
    logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "2" } }
  }
  return {
    name,
    service,
    targets: targets ?? [],
    binds: mounted.binds,
    refused: [
      ...refusals(given),
      ...mounted.refused,
      ...(built?.refused ?? []),
      ...(targets === undefined ? ["its ports are not understood"] : [])
    ].map((words) => `${name}: ${words}`),
    notes: [
      ...(typeof given["container_name"] === "string"
        ? [`${name} is not called ${given["container_name"]} by the engine, only by its neighbours`]
        : []),
      ...(replicas > 1 ? [`${name} runs once, not ${replicas} times`] : [])
    ]
  }
}

const refusals = (given: Fields): ReadonlyArray<string> => [
  ...(given["privileged"] === true ? ["privileged"] : []),
  ...["pid", "ipc", "uts", "userns_mode", "network_mode"].flatMap((key) => {
    const value = given[key]
    return typeof value === "string" && !isApart(value) ? [`${key}: ${value}`] : []
  }),
  ...listOf(given["cap_add"]).flatMap((one) => {
    const name = wordOf(one).toUpperCase().replace(/^CAP_/, "")
    return harmless.has(name) ? [] : [`cap_add: ${wordOf(one)}`]
  }),
  ...listOf(given["security_opt"]).flatMap((one) =>
    /^no-new-privileges(?:[:=]true)?$/.test(wordOf(one)) ? [] : [`security_opt: ${wordOf(one)}`]
  ),
  ...listOf(given["volumes_from"]).flatMap((one) =>
    wordOf(one).startsWith("container:") ? [`volumes_from: ${wordOf(one)}`] : []
  ),
  ...(listOf(fieldsOf(fieldsOf(fieldsOf(given["deploy"])["resources"])["reservations"])["devices"]).length > 0
    ? ["deploy: devices"]
    : []),
  ...Object.entries(given).flatMap(([key, value]) =>
    kept.has(key) || passed.has(key) || key.startsWith("x-") || isNothing(value) || key === "privileged" ? [] : [key]
  )
]

const isOfService = (value: Value | undefined): boolean => typeof value === "string" && value.startsWith("service:")

const isApart = (value: string): boolean =>
  ["", "none", "bridge", "default", "private", "shareable"].includes(value) || isOfService(value)

/** All are in the workspace's own network, under all their names; but for those that have none, or another one's. */
const networkOf = (given: Fields): Fields => {
  const mode = given["network_mode"]
  if (mode === "none" || isOfService(mode)) return { network_mode: mode as string }
  const aliases = new Set([
    ...(typeof given["container_name"] === "string" ? [given["container_name"]] : []),
    ...Object.values(fieldsOf(given["networks"])).flatMap((one) => listOf(fieldsOf(one)["aliases"]).map(wordOf))
  ])
  return { networks: { default: aliases.size === 0 ? {} : { aliases: [...aliases] } } }
}

/**
 * The engine is not to start it by itself with what the worktree has become meanwhile, nor when the machine starts: a workspace is started
 * by Nexus.
 */
const restartOf = (given: Fields, { binds }: Mounts): Fields => {
  const wanted = given["restart"] ?? fieldsOf(fieldsOf(given["deploy"])["restart_policy"])["condition"] ?? "no"
  const isWanted = !["no", "none", false].includes(wanted as string)
  return isWanted && binds.length === 0 ? { restart: "on-failure" } : {}
}

const limitsOf = (deploy: Value | undefined): Fields => {
  const limits = fieldsOf(fieldsOf(fieldsOf(deploy)["resources"])["limits"])
  return Object.keys(limits).length === 0 ? {} : { deploy: { resources: { limits } } }
}

const present = (key: string, value: Value | undefined): Fields => (isNothing(value) ? {} : { [key]: value ?? null })

/** Those by which we find what is ours are ours to give. */
const ownLabels = (labels: Value | undefined): Fields => {
  const all = Array.isArray(labels)
    ? Object.fromEntries(
        listOf(labels).map((line) => {
          const [name = "", ...rest] = wordOf(line).split("=")
          return [name, rest.join("=")]
        })
      )
    : fieldsOf(labels)
  return Object.fromEntries(Object.entries(all).filter(([name]) => !/^(?:nexus\.|com\.docker\.)/.test(name)))
}
