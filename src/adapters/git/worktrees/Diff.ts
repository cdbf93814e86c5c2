/** What a workspace's files are, against where its work began. */
import { copyFileSync, existsSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type Site, type WorktreeFailure, WorktreeRefused } from "../../../app/ports/Worktrees.ts"
import { withBorrowed } from "./Borrowed.ts"
import { find } from "./Find.ts"
import { attempt, hostGit, indexOf } from "./HostGit.ts"
import { baseCommit } from "./Inspect.ts"

const plain = [
  "--no-color",
  "--no-ext-diff",
  "--no-textconv",
  "--find-renames",
  "--submodule=short",
  // Said here, `.gitmodules` is not asked, which may be anything.
  "--ignore-submodules=dirty",
  "--src-prefix=a/",
  "--dst-prefix=b/"
]

export const diff = (
  site: Site,
  base: string,
  { stat }: { readonly stat: boolean }
): Effect.Effect<string, WorktreeFailure> =>
  Effect.gen(function* () {
    const git = yield* hostGit(site)
    const { admin, worktree } = find(git.layout, site)
    if (worktree !== "sound" || admin === undefined)
      return yield* new WorktreeRefused({
        kind: "foreign",
        detail: `There is no sound worktree at ${site.folder}.`,
        advice: "Repair the workspace first: nexus workspace repair"
      })
    const start = yield* baseCommit(git, base)
    if (start === null)
      return yield* new WorktreeRefused({
        kind: "no-such-base",
        detail: `There is no ${JSON.stringify(base)} any more.`,
        advice: "Name another base."
      })
    const here = git.at(admin.path)
    const common = yield* here.text(["merge-base", start, "HEAD"], { codes: [0, 1] })
    return yield* withBorrowed(git, ({ folder, env: objects }) =>
      Effect.gen(function* () {
        const index = join(folder, "index")
        yield* attempt(site, "diff", () => {
          if (existsSync(indexOf(admin.path))) copyFileSync(indexOf(admin.path), index)
        })
        const env = { ...objects, GIT_INDEX_FILE: index }
        // All at once would fail at a repository in there that has no commit yet.
        const listed = yield* here.run(["ls-files", "-z", "--others", "--exclude-standard"], { env })
        const input = withoutFolders(listed.output)
        yield* here.run(["add", "--update"], { env })
        if (input.length > 0) yield* here.run(["update-index", "--add", "--remove", "-z", "--stdin"], { env, input })
        const form = stat ? ["--stat=100"] : ["--patch", "--binary"]
        return yield* here.text(["diff", "--cached", ...plain, ...form, common.trim() || start], { env })
      })
    )
  })

/** Repositories of their own end with "/". */
const withoutFolders = (listed: Buffer): Buffer => {
  const parts: Array<Buffer> = []
  for (let at = 0; at < listed.length;) {
    const end = listed.indexOf(0, at)
    if (listed[end - 1] !== 0x2f) parts.push(listed.subarray(at, end + 1))
    at = end + 1
  }
  return Buffer.concat(parts)
}
