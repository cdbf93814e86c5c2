/** The files of a checkout at one moment: as they are on disk, or as they were at the base. */
import { posix } from "node:path"

export interface Tree {
  /** Paths from the top, with "/". A submodule is one of them. */
  readonly files: ReadonlySet<string>
  /** Folders that have files, without the last "/"; "" is the top. */
  readonly folders: ReadonlySet<string>
  /** Null: it can't be read as text, or is larger than is looked at. */
  readonly read: (path: string) => string | null
}

export const treeOf = (paths: Iterable<string>, read: Tree["read"]): Tree => {
  const files = new Set(paths)
  const folders = new Set([""])
  for (const file of files)
    for (let folder = folderOf(file); !folders.has(folder); folder = folderOf(folder)) folders.add(folder)
  return { files, folders, read }
}

/** "" for the top. */
export const folderOf = (path: string): string => {
  const folder = posix.dirname(path)
  return folder === "." ? "" : folder
}

/** A path from the top; undefined when it leads out of the checkout. */
export const resolved = (folder: string, path: string): string | undefined => {
  const found = posix.normalize(posix.join(folder === "" ? "." : folder, path)).replace(/\/$/, "")
  if (found === ".." || found.startsWith("../") || found.startsWith("/")) return undefined
  return found === "." ? "" : found
}

/** Whether there is such a file or folder; also when it would be within a submodule, of which nothing is known. */
export const has = ({ files, folders }: Tree, path: string): boolean => {
  if (files.has(path) || folders.has(path)) return true
  for (let folder = folderOf(path); folder !== ""; folder = folderOf(folder)) if (files.has(folder)) return true
  return false
}

/** The nearest file of one of these names, from a folder upward. */
export const nearestFile = ({ files }: Tree, folder: string, names: ReadonlyArray<string>): string | undefined => {
  for (let at = folder; ; at = folderOf(at)) {
    const found = names.map((name) => posix.join(at, name)).find((path) => files.has(path))
    if (found !== undefined || at === "") return found
  }
}

/** The value of a JSON file; undefined when there is none that can be read. */
export const jsonOf = (tree: Tree, path: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(tree.read(path) ?? "")
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

/** Something that may be wrong. */
export interface Suspicion {
  readonly path: string
  readonly line: number
  readonly rule: string
  readonly message: string
  /** Equal in the base and now, when it is the same thing that is wrong. */
  readonly key: string
  /** It is not wrong where git ignores one of these: what is built need not be there. */
  readonly built?: ReadonlyArray<string>
}
