/** What is in a folder that is synced, as far as both sides must agree on it. */

/** The two roots of a sync: the one on this machine, and the one of the workspace. */
export type SideName = "host" | "workspace"

export const otherSide = (side: SideName): SideName => (side === "host" ? "workspace" : "host")

export interface File {
  readonly kind: "file"
  /** SHA-256 of its content, in hex. */
  readonly hash: string
  /** Whether its owner may run it. Other permission bits are taken over when a file is made, and are each side's own after that. */
  readonly executable: boolean
}

export interface Link {
  readonly kind: "link"
  /** What it says, verbatim. It is never followed. */
  readonly target: string
}

export interface Folder {
  readonly kind: "folder"
}

export type Entry = File | Link | Folder

/** By path: relative to the root, parts joined by "/". The folders above each entry are entries too. */
export type Tree = ReadonlyMap<string, Entry>

export const sameEntry = (a: Entry | undefined, b: Entry | undefined): boolean => {
  if (a === undefined || b === undefined) return a === b
  if (a.kind === "file") return b.kind === "file" && a.hash === b.hash && a.executable === b.executable
  if (a.kind === "link") return b.kind === "link" && a.target === b.target
  return b.kind === "folder"
}

/** The path of the folder that it is in; "" for the root. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")))

/** Whether a path, or a folder above it, is in the set. */
export const isCovered = (path: string, by: ReadonlySet<string>): boolean => {
  if (by.size === 0) return false
  for (let at = path; at !== ""; at = parentOf(at)) if (by.has(at)) return true
  return false
}

/** All folders above the given paths. */
export const foldersAbove = (paths: Iterable<string>): ReadonlySet<string> => {
  const above = new Set<string>()
  for (const path of paths) for (let at = parentOf(path); at !== "" && !above.has(at); at = parentOf(at)) above.add(at)
  return above
}

/** The order of paths in which a folder comes before what is in it. */
export const byPath = (a: { readonly path: string }, b: { readonly path: string }): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0
