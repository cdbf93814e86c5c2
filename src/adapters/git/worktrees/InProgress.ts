/** Operations of git's that were begun and not ended, by what they leave in a git directory. */
import { existsSync } from "node:fs"
import { join } from "node:path"

const marks: ReadonlyArray<readonly [string, string]> = [
  ["rebase-merge", "rebase"],
  ["rebase-apply/applying", "am"],
  ["rebase-apply", "rebase"],
  ["MERGE_HEAD", "merge"],
  ["CHERRY_PICK_HEAD", "cherry-pick"],
  ["REVERT_HEAD", "revert"],
  ["BISECT_LOG", "bisect"]
]

/** In git's word for it: "rebase"; null: nothing. */
export const unfinishedIn = (
  gitDir: string,
  isThere: (name: string) => boolean = (name) => existsSync(join(gitDir, name))
): string | null => marks.find(([name]) => isThere(name))?.[1] ?? null
