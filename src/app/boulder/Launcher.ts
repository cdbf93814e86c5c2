/** How an agent is told to call Nexus: by a name that works in its shell. */
import { accessSync, constants, existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import type { Nexus } from "../Nexus.ts"

/** `nexus` where that is on PATH, else the launcher in the home, else Node and the program. */
export const launcher = ({ home, program }: Pick<Nexus["Type"], "home" | "program">): string => {
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .some((folder) => folder !== "" && isProgram(join(folder, "nexus")))
  if (onPath) return "nexus"
  const own = join(home.path, "bin", "nexus")
  return existsSync(own) ? word(own) : `${word(program.node)} ${word(program.nexus)}`
}

/** As one word of a shell's. */
const word = (path: string): string => (/^[\w./:@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
