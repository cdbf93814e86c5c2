/** A folder that may not be deleted is renamed, beside where it was, to a name that says what it is. */
import { existsSync, lstatSync, mkdirSync, renameSync, rmdirSync, rmSync } from "node:fs"
import { join } from "node:path"

/**
 * Gives the new path. Its `.git` file goes: it would make a worktree of it that git doesn't know, or that is another's. One that holds
 * nothing else is nobody's, and gone then: null.
 */
export const setAside = (folder: string): string | null => {
  for (let count = 1; ; count++) {
    const aside = `${folder}.aside-${count}`
    try {
      // Made first, so that of two that choose the name one fails. A folder can be renamed over an empty one.
      mkdirSync(aside)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "EEXIST") continue
      throw cause
    }
    // A link or a file can't be.
    if (lstatSync(folder).isDirectory()) renameSync(folder, aside)
    else renameSync(folder, join(aside, "it"))
    const pointer = join(aside, ".git")
    if (existsSync(pointer) && lstatSync(pointer).isFile()) rmSync(pointer)
    return isEmptied(aside) ? null : aside
  }
}

const isEmptied = (folder: string): boolean => {
  try {
    rmdirSync(folder)
    return true
  } catch (cause) {
    if (["ENOTEMPTY", "EEXIST"].includes((cause as NodeJS.ErrnoException).code ?? "")) return false
    throw cause
  }
}
