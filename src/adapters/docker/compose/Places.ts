/** Whether a path stays in a folder, wherever symbolic links lead. */
import { lstatSync, realpathSync } from "node:fs"
import { basename, dirname, join, resolve, sep } from "node:path"

/** Where it leads, or would lead were it made; undefined when that is outside of the folder. */
export const within = (folder: string, path: string): string | undefined => {
  const top = realpathSync(folder)
  const real = realOf(resolve(top, path))
  return real !== undefined && (real === top || real.startsWith(`${top}${sep}`)) ? real : undefined
}

/** Undefined for one that goes through a link to nothing: whoever makes that chooses where it leads. */
const realOf = (path: string): string | undefined => {
  try {
    return realpathSync(path)
  } catch {
    if (isThere(path) || dirname(path) === path) return undefined
    const above = realOf(dirname(path))
    return above === undefined ? undefined : join(above, basename(path))
  }
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined
