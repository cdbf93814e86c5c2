/** Deleting a folder that others filled. Links are removed, not followed. */
import { chmodSync, lstatSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"

export const removeTree = (folder: string): void => {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  } catch (cause) {
    if (!["EACCES", "EPERM"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause
    // Caches of modules are often written so that nobody may change them.
    unlock(folder)
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

const unlock = (folder: string): void => {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return
  chmodSync(folder, 0o700)
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) unlock(join(folder, entry.name))
}
