/** A whole compose file, as the tool has resolved it, turned into what a workspace can have beside it. */
import type { Reached } from "../../../domain/workspace/Ports.ts"
import { within } from "./Places.ts"
import { namedPorts } from "./Ports.ts"
import { neutral, type Place } from "./Service.ts"
import { type Fields, fieldsOf } from "./Value.ts"

/** What is kept of compose files. */
export interface Plan {
  /** The worktree, links followed. */
  readonly folder: string
  /** For the tool, but the ports. */
  readonly services: Readonly<Record<string, Fields>>
  readonly secrets: Fields
  readonly configs: Fields
  /** Named volumes, as the file calls them. */
  readonly volumes: ReadonlyArray<string>
  readonly ports: ReadonlyArray<Reached>
  /** What of the worktree they mount: it has to be there, and in there, at each start. */
  readonly binds: ReadonlyArray<string>
}

export interface Planned {
  readonly plan: Plan
  readonly refused: ReadonlyArray<string>
  readonly notes: ReadonlyArray<string>
}

/** `taken`: names that services of the workspace itself have. */
export const planOf = (
  model: Fields,
  place: Omit<Place, "labels"> & { readonly labels: (service: string) => Place["labels"] },
  taken: ReadonlySet<string>
): Planned => {
  const all = Object.entries(fieldsOf(model["services"])).map(([name, service]) =>
    neutral(name, fieldsOf(service), { ...place, labels: place.labels(name) })
  )
  const files = [...filesOf("secrets", model, place.folder), ...filesOf("configs", model, place.folder)]
  const volumes = Object.entries(fieldsOf(model["volumes"]))
  const networks = Object.entries(fieldsOf(model["networks"])).filter(([name]) => name !== "default")
  return {
    plan: {
      folder: place.folder,
      services: Object.fromEntries(all.map(({ name, service }) => [name, service])),
      secrets: fieldsOf(model["secrets"]),
      configs: fieldsOf(model["configs"]),
      volumes: volumes.map(([name]) => name),
      ports: namedPorts(all, taken),
      binds: [...new Set([...all.flatMap(({ binds }) => binds), ...files.flatMap(({ path }) => path ?? [])])]
    },
    refused: [
      ...all.flatMap(({ refused }) => refused),
      ...files.flatMap(({ refused }) => refused ?? []),
      ...volumes.flatMap(([name, volume]) => {
        const { driver = "local", driver_opts: options } = fieldsOf(volume)
        const isPlain =
          (driver === "local" || driver === "" || driver === null) && Object.keys(fieldsOf(options)).length === 0
        return isPlain ? [] : [`the volume ${name}: its driver or options could reach what is outside`]
      })
    ],
    notes: [
      ...all.flatMap(({ notes }) => notes),
      ...volumes.flatMap(([name, volume]) =>
        isExternal(volume) ? [`the volume ${name} is this workspace's own, and empty: it is not shared`] : []
      ),
      ...(networks.length === 0
        ? []
        : [
            `instead of the network${networks.length > 1 ? "s" : ""} ${networks.map(([name]) => name).join(", ")}, all are in the workspace's own`
          ])
    ]
  }
}

const isExternal = (volume: unknown): boolean => {
  const { external } = fieldsOf(volume)
  return external !== undefined && external !== null && external !== false
}

/** Secrets and configurations come from files, which are mounted. */
const filesOf = (
  kind: "secrets" | "configs",
  model: Fields,
  folder: string
): ReadonlyArray<{ readonly path?: string; readonly refused?: string }> =>
  Object.entries(fieldsOf(model[kind])).map(([name, given]) => {
    const { file, content, environment } = fieldsOf(given)
    if (isExternal(given)) return { refused: `${kind}: ${name} is external` }
    if (typeof file !== "string")
      return content === undefined && environment === undefined
        ? { refused: `${kind}: ${name} comes from nowhere` }
        : {}
    const path = within(folder, file)
    return path === undefined ? { refused: `${kind}: ${file} is not in the worktree` } : { path }
  })
