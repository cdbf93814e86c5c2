/** Whether a file system takes names for the same that differ by case, or by the form of their Unicode characters. */
import { rmSync, writeFileSync } from "node:fs"
import type { HeldFolder } from "./HeldFolder.ts"
import { isAnything } from "./Look.ts"

export const foldsNames = (folder: HeldFolder): boolean => {
  const name = "Fold-\u00E9"
  const path = folder.at(name)
  writeFileSync(path, "", { mode: 0o600 })
  try {
    return [name.toLowerCase(), name.normalize("NFD")].some((other) => isAnything(folder.at(other)))
  } finally {
    rmSync(path, { force: true })
  }
}
