/**
 * Changing what is in a folder without ever leaving it: each folder on the way is opened by itself, never through a link, and what
 * is done in it is done in the folder that was opened, whatever has taken its name since (Linux: /proc/self/fd/N/name, which is
 * openat(2) and the like in the guise of a path). Elsewhere the way is looked at before each use.
 */
import { chmodSync, closeSync, constants, lstatSync, openSync } from "node:fs"
import { TreeStoreFailed } from "../../app/ports/TreeStore.ts"
import { codeOf } from "./Failures.ts"
import { forSystem, shown } from "./Paths.ts"

export interface Beneath {
  /** A path for `node:fs` that names this entry; opens the folders on the way. Thrown: TreeStoreFailed when one is none. */
  readonly at: (path: string) => string | Buffer
  /** Forget folders that were opened at or beneath this path: it is about to be something else. */
  readonly forget: (path: string) => void
  readonly close: () => void
}

const asFolder = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/** So many folders are open at once. */
const mostOpen = 256

/** `root`: its real path, one character a byte. */
export const open = (root: string): Beneath => {
  const folders = new Map<string, number>()
  const top = openSync(forSystem(root), asFolder)

  const reach = (path: string): number => {
    if (path === "") return top
    const known = folders.get(path)
    if (known !== undefined) return known
    const slash = path.lastIndexOf("/")
    const way = named(slash < 0 ? "" : path.slice(0, slash), path.slice(slash + 1))
    const file = opened(root, path, way)
    if (folders.size >= mostOpen) makeRoom()
    folders.set(path, file)
    return file
  }
  const makeRoom = () => {
    for (const file of folders.values()) closeSync(file)
    folders.clear()
  }
  const named = (parent: string, name: string): string | Buffer => {
    if (process.platform === "linux") return forSystem(`/proc/self/fd/${reach(parent)}/${name}`)
    reach(parent)
    return forSystem(parent === "" ? `${root}/${name}` : `${root}/${parent}/${name}`)
  }
  return {
    at: (path) => {
      const slash = path.lastIndexOf("/")
      return named(slash < 0 ? "" : path.slice(0, slash), path.slice(slash + 1))
    },
    forget: (path) => {
      for (const [known, file] of folders) {
        if (known !== path && !known.startsWith(`${path}/`)) continue
        closeSync(file)
        folders.delete(known)
      }
    },
    close: () => {
      makeRoom()
      closeSync(top)
    }
  }
}

const opened = (root: string, path: string, way: string | Buffer): number => {
  try {
    return openSync(way, asFolder)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === "ELOOP" || code === "ENOTDIR" || code === "ENOENT")
      throw new TreeStoreFailed({
        operation: "Restoring",
        path: shown(`${root}/${path}`),
        detail: code === "ENOENT" ? "the folder is gone" : "it is a link or a file where a folder ought to be",
        advice: "Something else changes these files: stop it and try again"
      })
    throw cause
  }
}

/** Lets this user change what is in a folder; answers what puts its mode back, or undefined when nothing was to be done. */
export const madeWritable = (beneath: Beneath, path: string): (() => void) | undefined => {
  // The mode does not bind root.
  if (path === "" || process.getuid?.() === 0) return undefined
  const stat = lstatSync(beneath.at(path))
  if (!stat.isDirectory() || (stat.mode & 0o300) === 0o300) return undefined
  const mode = stat.mode & 0o7777
  chmodSync(beneath.at(path), mode | 0o300)
  return () => chmodSync(beneath.at(path), mode)
}
