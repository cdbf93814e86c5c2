/** A workspace's branch becomes one like any other. */
import * as Effect from "effect/Effect"
import { type Site, type WorktreeFailure, WorktreeRefused } from "../../../app/ports/Worktrees.ts"
import { commitAt, hostGit, refOf } from "./HostGit.ts"
import { headIn, looking, refIn, writeRef } from "./Inside.ts"
import { isPrivateThere } from "./Private.ts"
import { besides, blocking, refsOf } from "./Refs.ts"
import { within } from "./Untrusted.ts"

export const promote = (site: Site, branch: string): Effect.Effect<void, WorktreeFailure> =>
  Effect.gen(function* () {
    const git = yield* hostGit(site)
    const taken = (detail: string, advice = "Choose another name.") =>
      new WorktreeRefused({ kind: "branch-taken", detail, advice })
    const { code } = yield* git.main.run(["check-ref-format", "--branch", branch], { codes: [0, 1, 128] })
    if (code !== 0 || branch.startsWith("-") || branch === "HEAD" || branch.startsWith("@"))
      return yield* taken(`${JSON.stringify(branch)} can't be a branch's name.`)
    if (branch.startsWith("nexus/"))
      return yield* taken(`Branches in nexus/ are workspaces', which ${branch} would be.`)
    const commit = yield* commitAt(git, refOf(site))
    // It was renamed before, and the rest was cut off.
    const isRenamed = commit === null && (yield* commitAt(git, `refs/heads/${branch}`)) !== null && isPrivateThere(site)
    if (!isRenamed) {
      if (commit === null) return yield* taken(`There is no branch ${site.branch}.`, "Repair the workspace first.")
      if ((yield* commitAt(git, `refs/heads/${branch}`)) !== null)
        return yield* taken(`There is a branch ${branch} already.`)
      const inTheWay = blocking(yield* refsOf(git.main, besides(branch)), branch)
      if (inTheWay !== undefined) return yield* taken(`There is a branch ${inTheWay}, so there can be none ${branch}.`)
    }
    if (isPrivateThere(site)) {
      const inside = yield* looking(site, (folder) => refIn(folder, refOf(site)))
      if (!isRenamed && inside !== commit)
        return yield* new WorktreeRefused({
          kind: "diverged",
          detail: `${site.branch} is not the same on the host and in the workspace.`,
          advice: "Bring the commits together first: nexus workspace diff shows what there is."
        })
    }
    if (!isRenamed) yield* git.main.run(["branch", "-m", site.branch, branch])
    if (isPrivateThere(site)) yield* looking(site, (folder) => renameInside(folder, site, branch))
  })

const renameInside = (folder: string, site: Site, branch: string): void => {
  const commit = refIn(folder, refOf(site))
  if (commit === null) return
  writeRef(folder, `refs/heads/${branch}`, commit)
  if (headIn(folder) === site.branch)
    within(folder, ".", (at) => at.replace("HEAD", `ref: refs/heads/${branch}\n`, () => headIn(folder) === site.branch))
  const parts = refOf(site).split("/")
  within(folder, parts.slice(0, -1).join("/"), (at) => at.remove(parts.at(-1) ?? ""))
}
