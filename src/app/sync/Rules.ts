/** What a sync leaves out: lines as in a `.gitignore` at the root. */
import ignore from "ignore"
import type { Ignores } from "../ports/SyncSide.ts"

/**
 * A repository's own folder (or file) is each side's own: half of it at a time is a broken one. `!.git` takes it in all the same.
 */
const always = [".git"]

export const ignoresOf = (lines: ReadonlyArray<string>): Ignores => {
  const rules = ignore({ ignorecase: false }).add([...always, ...lines])
  return (path, isFolder) => rules.ignores(isFolder ? `${path}/` : path)
}
