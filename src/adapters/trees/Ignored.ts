/** What git ignores in a checkout, asked of git itself. */
import { lstatSync } from "node:fs"
import { TreeStoreFailed } from "../../app/ports/TreeStore.ts"
import { forSystem } from "./Paths.ts"
import { runGit } from "./RunGit.ts"

/**
 * Paths relative to the folder, one character a byte, without those inside of ignored folders. Empty for a folder that is no
 * checkout: nothing is ignored there. Thrown: TreeStoreFailed when git can't say.
 */
export const ignoredIn = (folder: string): ReadonlySet<string> => {
  if (lstatSync(forSystem(`${folder}/.git`), { throwIfNoEntry: false }) === undefined) return new Set()
  try {
    const options = ["-z", "--others", "--ignored", "--exclude-standard", "--directory"]
    return withoutMereParents(
      runGit(forSystem(folder), ["ls-files", ...options])
        .toString("latin1")
        .split("\0")
    )
  } catch (cause) {
    if (!(cause instanceof TreeStoreFailed)) throw cause
    throw new TreeStoreFailed({
      operation: "Asking git what is ignored",
      path: cause.path,
      detail: cause.detail,
      advice: "Repair the checkout, or keep the ignored files too"
    })
  }
}

/**
 * An ignored folder is named alone. One that is only named because everything in it is ignored stands before its contents
 * (seen with git 2.39 to 2.47), and is a folder like any other.
 */
const withoutMereParents = (paths: ReadonlyArray<string>): ReadonlySet<string> => {
  const ignored = new Set<string>()
  for (const [index, path] of paths.entries()) {
    if (path === "") continue
    const isFolder = path.endsWith("/")
    if (isFolder && paths[index + 1]?.startsWith(path) === true) continue
    ignored.add(isFolder ? path.slice(0, -1) : path)
  }
  return ignored
}
