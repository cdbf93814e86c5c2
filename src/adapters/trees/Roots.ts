/** Which folders may be kept and restored. */
import { lstatSync, mkdirSync, realpathSync } from "node:fs"
import { homedir } from "node:os"
import { TreeStoreFailed } from "../../app/ports/TreeStore.ts"
import { codeOf } from "./Failures.ts"

/** The folder's real path, one character a byte. Thrown: TreeStoreFailed for `/`, the user's home and what is above it. */
export const rootOf = (operation: string, folder: string): string => {
  const real = resolved(operation, folder)
  const home = real === "/" ? "/" : realOf(homedir())
  if (real === "/" || `${home}/`.startsWith(`${real}/`))
    throw new TreeStoreFailed({
      operation,
      path: folder,
      detail: "that is the whole machine's or the user's own folder",
      advice: "Name a project's folder"
    })
  if (lstatSync(Buffer.from(real, "latin1")).isDirectory()) return real
  throw new TreeStoreFailed({ operation, path: folder, detail: "it is no folder", advice: "Name a project's folder" })
}

/** Made if it is missing: a fork begins with nothing. */
export const madeRoot = (operation: string, folder: string): string => {
  mkdirSync(folder, { recursive: true })
  return rootOf(operation, folder)
}

const realOf = (path: string): string => {
  try {
    return realpathSync.native(path, { encoding: "buffer" }).toString("latin1")
  } catch {
    // A user without a home has none to protect.
    return Buffer.from(path, "utf8").toString("latin1")
  }
}

const resolved = (operation: string, folder: string): string => {
  try {
    return realpathSync.native(folder, { encoding: "buffer" }).toString("latin1")
  } catch (cause) {
    if (codeOf(cause) !== "ENOENT") throw cause
    throw new TreeStoreFailed({
      operation,
      path: folder,
      detail: "there is no such folder",
      advice: "Name another one"
    })
  }
}
