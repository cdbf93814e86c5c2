/**
 * Merging into what the main worktree is on, without ever being in the middle of it: the merge is made among objects first
 * (git-merge-tree(1), `--write-tree`), and only one that is clean and overwrites nothing reaches files and branch.
 *
 * No hook runs, the user's own neither: `core.hooksPath` often leads into the tree, which is what the workspace wrote.
 */
import { copyFileSync, existsSync, lstatSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import {
  type Conflict,
  type MergeOutcome,
  type Site,
  type WorktreeFailure,
  WorktreeRefused
} from "../../../app/ports/Worktrees.ts"
import { head } from "../Revisions.ts"
import { withBorrowed } from "./Borrowed.ts"
import { attempt, commitAt, type HostGit, hostGit, refOf } from "./HostGit.ts"
import { unfinishedIn } from "./InProgress.ts"

export interface Merging {
  readonly message?: string
  readonly dryRun: boolean
}

export const merge = (site: Site, merging: Merging): Effect.Effect<MergeOutcome, WorktreeFailure> =>
  Effect.gen(function* () {
    const git = yield* hostGit(site)
    const { ours, branch } = yield* place(git)
    const theirs = yield* commitAt(git, refOf(site))
    if (theirs === null)
      return yield* new WorktreeRefused({
        kind: "no-such-base",
        detail: `There is no branch ${site.branch} any more.`,
        advice: "Repair the workspace first: nexus workspace repair"
      })
    if (yield* isAncestor(git, theirs, ours)) return { kind: "up-to-date" }
    yield* refuseFilters(git, theirs)
    const isForward = yield* isAncestor(git, ours, theirs)
    const conflicts = yield* tried(git, ours, theirs, isForward)
    if (conflicts.length > 0) return { kind: "conflicts", conflicts }
    const kind = isForward ? ("fast-forward" as const) : ("merged" as const)
    if (merging.dryRun) return { kind, commit: theirs }
    const commit = isForward ? theirs : yield* made(git, ours, theirs, merging.message ?? messageOf(site, branch))
    yield* arrive(git, ours, commit)
    return { kind, commit }
  })

const messageOf = (site: Site, branch: string): string => `Merge branch '${site.branch}' into ${branch}`

const isAncestor = (git: HostGit, ancestor: string, commit: string) =>
  Effect.map(
    git.main.run(["merge-base", "--is-ancestor", ancestor, commit], { codes: [0, 1] }),
    ({ code }) => code === 0
  )

/** Where the merge goes. */
const place = (git: HostGit) =>
  Effect.gen(function* () {
    const { repository } = git.site
    const { commit, branch } = yield* head(repository)
    const begun = unfinishedIn(git.layout.gitDir)
    if (begun !== null)
      return yield* new WorktreeRefused({
        kind: "in-progress",
        detail: `${repository} is in the middle of a ${begun}.`,
        advice: "Finish or abort it first."
      })
    if (branch === null)
      return yield* new WorktreeRefused({
        kind: "detached",
        detail: `${repository} is on no branch, so a merge would be lost at the next switch.`,
        advice: "Go to the branch that is to have it: git switch BRANCH"
      })
    if (branch === git.site.branch)
      return yield* new WorktreeRefused({
        kind: "branch-taken",
        detail: `${repository} is on ${branch} itself.`,
        advice: "Go to the branch that is to have it: git switch BRANCH"
      })
    if (commit === null)
      return yield* new WorktreeRefused({
        kind: "no-commit",
        detail: `${repository} has no commit on ${branch} yet.`,
        advice: "Commit something first."
      })
    return { ours: commit, branch }
  })

/** Files would be written as they are stored (git-crypt: encrypted), or a program of the tree would run. */
const refuseFilters = (git: HostGit, theirs: string) =>
  Effect.gen(function* () {
    if (git.filters.length === 0) return
    const patterns = git.filters.flatMap((name) => ["-e", `filter=${name}`])
    const where = ["--", ":(glob)**/.gitattributes"]
    const { output } = yield* git.main.run(["grep", "-h", "--fixed-strings", ...patterns, theirs, ...where], {
      codes: [0, 1],
      env: { GIT_LITERAL_PATHSPECS: "0" }
    })
    if (output.length === 0) return
    return yield* new WorktreeRefused({
      kind: "unsafe",
      detail: `Files of ${git.site.branch} are converted by programs of your configuration (filter ${git.filters.join(", ")}), which Nexus does not run.`,
      advice: `Look at the difference, then merge by hand: git merge ${git.site.branch}`
    })
  })

const writeTree = ["merge-tree", "--write-tree", "-z", "--name-only", "--messages"]

/** Conflicts that it would have; fails where it would overwrite what is not committed. Leaves nothing behind. */
const tried = (
  git: HostGit,
  ours: string,
  theirs: string,
  isForward: boolean
): Effect.Effect<ReadonlyArray<Conflict>, WorktreeFailure> =>
  withBorrowed(git, ({ folder, env: objects }) =>
    Effect.gen(function* () {
      const { code, output } = isForward
        ? { code: 0, output: Buffer.from(theirs) }
        : yield* git.main.run([...writeTree, ours, theirs], { env: objects, codes: [0, 1] }).pipe(oldGit(git))
      if (code === 1) return conflictsIn(output.toString("utf8"))
      const index = join(folder, "index")
      const env = { ...objects, GIT_INDEX_FILE: index }
      yield* attempt(git.site, "merge", () => {
        const own = join(git.layout.gitDir, "index")
        if (existsSync(own)) copyFileSync(own, index)
      })
      const [tree = ""] = output.toString("utf8").split("\0", 1)
      yield* keepIgnored(git, ours, tree, env)
      yield* moveFiles(git, ours, tree, { env, options: ["--dry-run"] })
      return []
    })
  )

const oldGit = (git: HostGit) =>
  Effect.mapError((failure: WorktreeFailure) =>
    failure._tag === "GitFailed" && /unknown option|usage: git merge-tree|not something we can/.test(failure.detail)
      ? new WorktreeRefused({
          kind: "unsafe",
          detail: "This git cannot merge without touching files (it takes git 2.38 or later).",
          advice: `Merge by hand: git merge ${git.site.branch}`
        })
      : failure
  )

/** A tree, paths with conflicts, an empty one; then for each message: how many paths, the paths, a kind, a text (git-merge-tree(1)). */
const conflictsIn = (told: string): ReadonlyArray<Conflict> => {
  const words = told.split("\0")
  let at = words.indexOf("", 1) + 1
  const found: Array<Conflict> = []
  while (at > 0 && at < words.length) {
    const count = Number(words[at])
    if (!Number.isInteger(count) || words[at] === "") break
    const paths = words.slice(at + 1, at + 1 + count)
    // The text has the kind that git tells people ("add/add"), where the word for programs has only "contents".
    const [short = "", long = ""] = words.slice(at + 1 + count, at + 3 + count)
    const kind = short.startsWith("CONFLICT") ? /^CONFLICT \((.+?)\)/.exec(long || short)?.[1] : undefined
    const [path] = paths
    if (kind !== undefined && path !== undefined) found.push({ path, kind })
    at += count + 3
  }
  const named = new Set(found.map(({ path }) => path))
  const rest = words.slice(1, words.indexOf("", 1)).filter((path) => !named.has(path))
  return [...found, ...rest.map((path) => ({ path, kind: "content" }))]
}

const made = (git: HostGit, ours: string, theirs: string, message: string) =>
  Effect.gen(function* () {
    const told = yield* git.main.text([...writeTree, ours, theirs])
    const [tree = ""] = told.split("\0", 1)
    const parents = ["-p", ours, "-p", theirs]
    return (yield* git.main.text(["commit-tree", "--no-gpg-sign", ...parents, "-F", "-", tree], {
      input: message
    })).trim()
  })

/** git takes files that it ignores for worthless, and writes over them. */
const keepIgnored = (git: HostGit, ours: string, tree: string, env: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const { repository } = git.site
    const added = yield* git.main.text(
      ["diff-tree", "-r", "-z", "--no-renames", "--diff-filter=A", "--name-only", "--no-ext-diff", ours, tree],
      { env }
    )
    const inTheWay = added.split("\0").flatMap((path) => (path === "" ? [] : (obstacle(repository, path) ?? [])))
    if (inTheWay.length === 0) return
    const { output } = yield* git.main.run(["check-ignore", "-z", "--stdin"], {
      input: inTheWay.map((path) => `./${path}\0`).join(""),
      codes: [0, 1],
      // Whatever they look like, it takes them for paths.
      env: { GIT_LITERAL_PATHSPECS: "0" }
    })
    if (output.length === 0) return
    return yield* new WorktreeRefused({
      kind: "dirty",
      detail: `Ignored files of ${repository} would be overwritten: ${output.toString("utf8").split("\0").slice(0, -1).join(", ")}.`,
      advice: "Move them away first; nothing was changed."
    })
  })

/** What is on disk where a file is to be, or a folder that leads to it. */
const obstacle = (top: string, path: string): string | undefined => {
  const parts = path.split("/")
  for (const [index] of parts.entries()) {
    const part = parts.slice(0, index + 1).join("/")
    const stat = lstatSync(join(top, part), { throwIfNoEntry: false })
    if (stat === undefined) return undefined
    if (!stat.isDirectory() || index === parts.length - 1) return part
  }
  return undefined
}

/** All files that it changes are looked at before the first is written. */
const moveFiles = (
  git: HostGit,
  from: string,
  to: string,
  { env = {}, options = [] }: { readonly env?: Record<string, string>; readonly options?: ReadonlyArray<string> } = {}
) =>
  git.main.run(["update-index", "-q", "--refresh", "--ignore-submodules"], { env, codes: [0, 1] }).pipe(
    Effect.zipRight(git.main.run(["read-tree", "-m", "-u", ...options, from, to], { env })),
    Effect.mapError((failure) =>
      failure._tag === "GitFailed" &&
      /not uptodate|overwritten|would be removed|would lose|overlaps/i.test(failure.detail)
        ? new WorktreeRefused({
            kind: "dirty",
            detail: `Files of ${git.site.repository} that are not committed would be overwritten: ${failure.detail}`,
            advice: "Commit or stash them first; nothing was changed."
          })
        : failure
    )
  )

const arrive = (git: HostGit, ours: string, commit: string) =>
  Effect.uninterruptible(
    Effect.gen(function* () {
      yield* moveFiles(git, ours, commit)
      yield* (
        git.main
          .run(["update-ref", "-m", `merge ${git.site.branch}: by nexus`, "HEAD", commit, ours])
          // Somebody was faster; the files go back to what they were.
          .pipe(Effect.tapError(() => Effect.ignore(moveFiles(git, commit, ours))))
      )
      yield* git.main.run(["update-ref", "ORIG_HEAD", ours])
    })
  )
