/** Which checkout a folder is in, by the file system alone. */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import type { Checkout } from "../../app/ports/Repositories.ts"

/** Undefined outside of checkouts. */
export const checkoutOf = (folder: string): Checkout | undefined => {
  for (let top = resolve(folder); ; top = dirname(top)) {
    if (isCheckout(top)) return { top, path: realpathSync(top) }
    if (dirname(top) === top) return undefined
  }
}

const isCheckout = (top: string): boolean => {
  const entry = join(top, ".git")
  try {
    const stat = statSync(entry)
    if (stat.isDirectory()) return existsSync(join(entry, "HEAD"))
    // A linked worktree and a submodule have a file that points to their part of a repository (gitrepository-layout(5)).
    return stat.isFile() && stat.size < 64 * 1024 && readFileSync(entry, "utf8").startsWith("gitdir:")
  } catch {
    // Not there, not readable, or a link that leads nowhere.
    return false
  }
}
