/** Files that come with Nexus (migrations, hook scripts), found from the source tree and from the bundle alike. */
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

let root: string | undefined

const packageRoot = (): string => {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error("Nexus' own files are missing: reinstall it")
    folder = parent
  }
  return folder
}

/** The absolute path of a file in the installed package. */
export const packageFile = (...path: ReadonlyArray<string>): string => join((root ??= packageRoot()), ...path)
