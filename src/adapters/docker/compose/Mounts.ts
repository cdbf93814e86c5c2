/** What a service of a compose file mounts, and whether it may. */
import { join } from "node:path"
import { within } from "./Places.ts"
import { type Fields, fieldsOf, isFields, listOf, type Value, wordOf } from "./Value.ts"

export interface Mounts {
  /** In the long form. */
  readonly mounts: ReadonlyArray<Fields>
  /** The folders and files of the worktree among them, links followed. */
  readonly binds: ReadonlyArray<string>
  readonly refused: ReadonlyArray<string>
}

/** `pointer`: what is to be seen in place of the worktree's `.git`, so that nobody inside writes what git out here would read. */
export const mountsOf = (given: Value | undefined, folder: string, pointer: string | undefined): Mounts => {
  const mounts: Array<Fields> = []
  const binds: Array<string> = []
  const refused: Array<string> = []
  for (const entry of listOf(given)) {
    const { type, source, target, read_only, volume, tmpfs } = isFields(entry) ? entry : longOf(wordOf(entry))
    const common = { type: type ?? null, target: target ?? null, ...(read_only === true ? { read_only } : {}) }
    if (typeof target !== "string") refused.push(`the mount ${JSON.stringify(entry)} is not understood`)
    else if (type === "tmpfs") mounts.push({ ...common, ...(tmpfs === undefined ? {} : { tmpfs }) })
    else if (type === "volume")
      mounts.push({
        ...common,
        ...(typeof source === "string" ? { source } : {}),
        ...(fieldsOf(volume)["nocopy"] === true ? { volume: { nocopy: true } } : {})
      })
    else if (type === "bind" && typeof source === "string") {
      const real = within(folder, source)
      if (real === undefined) {
        refused.push(`${source} is mounted, which is not in the worktree`)
        continue
      }
      binds.push(real)
      mounts.push({ ...common, source: real })
      const git = join(folder, ".git")
      if (real === git) refused.push(`${source} is mounted: what is written there, git would read out here`)
      if (real === folder && pointer !== undefined)
        mounts.push({ type: "bind", source: pointer, target: join(target, ".git"), read_only: true })
    } else refused.push(`a mount of the type ${wordOf(type)}`)
  }
  return { mounts, binds, refused }
}

/** `/inside`, `name:/inside`, `/outside:/inside:ro`: version 1 of the tool tells it so, with the paths outside in full. */
const longOf = (text: string): Fields => {
  const parts = text.split(":")
  const [first = "", target, mode = ""] = parts
  if (target === undefined) return { type: "volume", target: first }
  if (parts.length > 3) return {}
  const modes = mode.split(",")
  return {
    type: first.startsWith("/") ? "bind" : "volume",
    source: first,
    target,
    read_only: modes.includes("ro"),
    ...(modes.includes("nocopy") ? { volume: { nocopy: true } } : {})
  }
}
