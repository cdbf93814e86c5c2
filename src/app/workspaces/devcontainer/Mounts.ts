/** `mounts`, and what mounts among `runArgs`: volumes are the workspace's own; folders of this machine are not seen inside. */
import { referencesIn } from "../../../domain/workspace/References.ts"
import type { Volume } from "../../../domain/workspace/Spec.ts"
import type { Place } from "./Place.ts"
import type { Found, Given, Part } from "./Reading.ts"

export const mounts: Part = (whole, given) => {
  const all = (whole.at("mounts")?.items() ?? []).map((place) => mountOf(place, fieldsOf(place), whole, given))
  return {
    layer: { volumes: all.flatMap(({ layer }) => layer?.volumes ?? []) },
    notes: all.flatMap(({ notes = [] }) => notes)
  }
}

type Fields = Readonly<Record<string, string>>

const fieldsOf = (place: Place): Fields =>
  place.isObject
    ? Object.fromEntries(place.entries().map(([key, value]) => [key, value.isText ? value.text() : "true"]))
    : fieldsIn(place.text())

/** `type=volume,source=x,target=/y,readonly`, as docker run --mount has it. */
export const fieldsIn = (text: string): Fields =>
  Object.fromEntries(
    text.split(",").map((field) => {
      const [key = "", ...value] = field.split("=")
      return [key.trim(), value.join("=").trim()]
    })
  )

export const mountOf = (place: Place, fields: Fields, whole: Place, { nested }: Given): Partial<Found> => {
  const source = fields["source"] ?? fields["src"] ?? ""
  const target = fields["target"] ?? fields["dst"] ?? fields["destination"] ?? ""
  const { type = "volume" } = fields
  if (target === "")
    throw place.wrong(`${place.name} names no target.`, "Such as: source=data,target=/data,type=volume.")
  const path = pathOf(target, whole)
  if (type === "volume") {
    if (path === undefined) throw place.wrong(`${place.name}: ${target} is no absolute path inside.`)
    return { layer: { volumes: [{ name: nameOf(source, path), path }] } }
  }
  if (type === "tmpfs") return { notes: [`${place.name}: ${target} is not kept in memory.`] }
  if (/docker\.sock/.test(source) || /docker\.sock/.test(target)) {
    if (nested) return { notes: [`${place.name}: it has an engine of its own instead of this machine's.`] }
    throw place.wrong(
      `${place.name} would hand over this machine's container engine, and with it this machine.`,
      "Give it an engine of its own: --dind."
    )
  }
  if (/^\$\{localWorkspaceFolder\}(?:\/|$)/.test(source) && !source.includes(".."))
    return { notes: [`${place.name} is left out: what it shows is in the worktree.`] }
  throw place.wrong(
    `${place.name} would show ${source === "" ? "a folder of this machine" : source} inside: a workspace sees no folder of this machine but its worktree.`,
    "Take a volume, copy it there with nexus workspace cp, or leave it out of a devcontainer.json of its own: --devcontainer PATH."
  )
}

/** Relative to the worktree, wherever that will be; undefined for what is no path of the inside. */
const pathOf = (target: string, whole: Place): string | undefined => {
  const declared = whole.at("workspaceFolder")?.text()
  const tops = [
    "${containerWorkspaceFolder}",
    "${localWorkspaceFolder}",
    "/workspaces/${localWorkspaceFolderBasename}",
    ...(declared === undefined ? [] : [declared.replace(/\/$/, "")])
  ]
  const top = tops.find((one) => target.startsWith(`${one}/`))
  const path = top === undefined ? target : target.slice(top.length + 1)
  if (path.split("/").includes("..") || referencesIn(path).length > 0 || path === "") return undefined
  return top === undefined && !path.startsWith("/") ? undefined : path.replace(/(?<=.)\/$/, "")
}

/** Its source's, without what differs from one workspace to the next: a volume belongs to one. */
const nameOf = (source: string, path: string): Volume["name"] =>
  (source === "" ? path : source)
    .replaceAll(/\$\{[^}]*\}/g, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "") || "data"
