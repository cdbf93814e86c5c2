/** Files as a commit has them: what a workspace is made from is known before there is a worktree. */
import * as Effect from "effect/Effect"
import type { Worktrees } from "../../../app/ports/Worktrees.ts"
import { askingGit } from "./HostGit.ts"
import { commitOf } from "./Plan.ts"

const largest = 64 * 1024

export const committed: (typeof Worktrees)["Service"]["committed"] = (repository, base, below, wanted) =>
  Effect.gen(function* () {
    const git = yield* askingGit(repository)
    const commit = yield* commitOf(git, base)
    const literal = { env: { GIT_LITERAL_PATHSPECS: "1" } }
    const listed = yield* git.main.text(["ls-tree", "-r", "-l", "-z", "--full-tree", commit, "--", ...below], literal)
    const files = listed.split("\0").flatMap((line) => {
      const [, mode, object, size, path] = /^(\d+) blob (\w+) +(\d+)\t(.+)$/s.exec(line) ?? []
      // A link may lead anywhere.
      const isFile = mode === "100644" || mode === "100755"
      return isFile && object !== undefined && path !== undefined && Number(size) <= largest && wanted(path)
        ? [{ object, path }]
        : []
    })
    return yield* Effect.forEach(files, ({ object, path }) =>
      Effect.map(git.main.text(["cat-file", "blob", object]), (text) => ({ path, text }))
    )
  })
