/** The clients that this machine has: hundreds of megabytes each, so that none is installed for a test. */
import { accessSync, constants, statSync } from "node:fs"
import { delimiter, join } from "node:path"

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/** A client's program: the one that the environment's `variable` names, else the first `command` on PATH; undefined without one. */
export const installed = (variable: string, command: string): string | undefined =>
  process.env[variable] ??
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, command))
    .find(isProgram)
