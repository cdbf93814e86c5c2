/** Names of files: which may be synced at all, which are one on some file systems, and what a copy beside a file is called. */
import type { Entry, SideName } from "./Entry.ts"

/** The folder in each root that is ours: the token, and what is on its way. */
export const ownFolder = ".nexus-sync"

/**
 * Why a name cannot be synced, or undefined when it can. A listing comes from the other side and may say anything: a name that is
 * more than one would lead out of the root.
 */
export const refusedName = (name: string): string | undefined => {
  if (name === "" || name === "." || name === "..") return "is no name of a file"
  if (name.includes("/") || name.includes("\0")) return "has a character that no file's name can have"
  if (!name.isWellFormed() || name.includes("\uFFFD")) return "has a name that is no valid UTF-8"
  return undefined
}

/** Names that are one and the same on a file system that ignores case or normalises Unicode have the same fold. */
export const fold = (path: string): string => path.normalize("NFC").toLowerCase().normalize("NFC")

/** Groups of paths that are one and the same where names are folded. */
export const collisions = (paths: Iterable<string>): ReadonlyArray<ReadonlyArray<string>> => {
  const groups = new Map<string, Array<string>>()
  for (const path of paths) {
    const key = fold(path)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [path])
    else group.push(path)
  }
  return [...groups.values()].filter(({ length }) => length > 1)
}

/** Bytes that a name may have on all usual file systems. */
const longestName = 255

/**
 * What a side's version is called beside the one that keeps the name: `notes.conflict-workspace-1f3a9c2e.md`. The digits are of its
 * content, so that the same conflict met twice (after a crash) makes the same copy. `turn` tells apart what would be called alike.
 */
export const conflictName = (path: string, side: SideName, entry: Entry, turn: number): string => {
  const at = path.lastIndexOf("/") + 1
  const name = path.slice(at)
  const dot = name.lastIndexOf(".")
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""]
  const mark = `.conflict-${side}-${markOf(entry)}${turn === 0 ? "" : `-${turn + 1}`}`
  const rest = bytesOf(extension) > 64 ? "" : extension
  const room = longestName - bytesOf(mark) - bytesOf(rest)
  return `${path.slice(0, at)}${cut(rest === extension ? stem : name, room)}${mark}${rest}`
}

const markOf = (entry: Entry): string => (entry.kind === "file" ? entry.hash.slice(0, 8) : entry.kind)

const bytesOf = (text: string): number => new TextEncoder().encode(text).length

/** The beginning of a text, at whole characters. */
const cut = (text: string, bytes: number): string => {
  let kept = ""
  let size = 0
  for (const character of text) {
    size += bytesOf(character)
    if (size > bytes) break
    kept += character
  }
  return kept
}
