/**
 * git on the host, for folders that a workspace writes to. It never looks for a repository by itself: a `.git` in such a folder
 * may lead anywhere. No program runs that configuration or attributes name: no hook, monitor, filter, merge driver, external
 * diff, pager, editor, signer; no submodule is entered, since its configuration may come from the workspace; nothing is asked of
 * a network. The one exception is Git LFS' own filter, without which every status of a repository that uses it would be wrong: it
 * is a program of the user's that takes no program from a worktree, and it downloads nothing here.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { GitFailed } from "../../../app/ports/Repositories.ts"
import type { Site, WorktreeFailure } from "../../../app/ports/Worktrees.ts"
import { type Answer, run, type RunOptions } from "../Git.ts"
import { type Layout, layoutOf } from "../Layout.ts"
import { type Configuration, configurationOf } from "./Configuration.ts"
import { driversIn, type Setting } from "./Drivers.ts"

/** What questions about a repository as a whole need. */
export interface Asking {
  /** The top of its main worktree. */
  readonly repository: string
  /** Of the main worktree. */
  readonly layout: Layout
  readonly main: Ask
}

export interface HostGit extends Asking {
  readonly site: Site
  readonly configuration: Configuration
  /** Names of filters that the user's configuration has, and that don't run here. */
  readonly filters: ReadonlyArray<string>
  /** About the repository as a whole, with the main worktree's files. */
  readonly main: Ask
  /** In the workspace's worktree, whose entry `admin` is. */
  readonly at: (admin: string) => Ask
}

export interface Ask {
  readonly run: (args: ReadonlyArray<string>, options?: RunOptions) => Effect.Effect<Answer, WorktreeFailure>
  readonly text: (args: ReadonlyArray<string>, options?: RunOptions) => Effect.Effect<string, WorktreeFailure>
}

/** For questions that read, write and merge no file. Fails where there is no repository. */
export const askingGit = (repository: string): Effect.Effect<Asking, WorktreeFailure> =>
  Effect.suspend(() => {
    const layout = layoutOf(repository)
    return layout === undefined
      ? new GitFailed({ path: repository, operation: "open", detail: "there is no repository" })
      : Effect.succeed({ repository, layout, main: asking(repository, { GIT_DIR: layout.commonDir }, undefined) })
  })

/** Fails where there is no repository. */
export const hostGit = (site: Site): Effect.Effect<HostGit, WorktreeFailure> =>
  Effect.gen(function* () {
    const { layout, main: plain, repository } = yield* askingGit(site.repository)
    const configuration = yield* configurationOf(plain)
    const drivers = driversIn(configuration)
    const quiet = asSettings([...always, ...drivers.settings])
    // Inside of a container there is one way to read and write line ends: git's own.
    const conversions = site.gitDirectory === undefined ? ("the user's" as const) : undefined
    return {
      site,
      repository,
      layout,
      configuration,
      filters: drivers.filters,
      main: asking(site.repository, { ...quiet, GIT_DIR: layout.gitDir, GIT_WORK_TREE: site.repository }, "the user's"),
      at: (admin) => asking(site.folder, { ...quiet, GIT_DIR: admin, GIT_WORK_TREE: site.folder }, conversions)
    }
  })

/** A git directory of our own making. */
export const ownGit = (folder: string): Ask =>
  asking(folder, { ...asSettings(always), ...onlyOurs, GIT_DIR: folder }, undefined)

const onlyOurs = { GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" }

const asking = (folder: string, env: Readonly<Record<string, string>>, conversions: RunOptions["conversions"]): Ask => {
  const asked = (args: ReadonlyArray<string>, options: RunOptions = {}) =>
    run(folder, args, {
      ...options,
      ...(conversions === undefined ? {} : { conversions }),
      env: { GIT_LFS_SKIP_SMUDGE: "1", ...env, ...options.env }
    })
  return {
    run: asked,
    text: (args, options) => Effect.map(asked(args, options), ({ output }) => output.toString("utf8"))
  }
}

const always: ReadonlyArray<Setting> = [
  ["advice.addEmbeddedRepo", "false"],
  ["checkout.workers", "0"],
  ["commit.gpgSign", "false"],
  // A command that says which refs of alternates there are.
  ["core.alternateRefsCommand", "true"],
  ["core.editor", "false"],
  ["core.pager", "cat"],
  ["core.sshCommand", "false"],
  ["diff.ignoreSubmodules", "dirty"],
  ["diff.submodule", "short"],
  ["fetch.recurseSubmodules", "false"],
  ["gpg.program", "false"],
  ["maintenance.auto", "false"],
  ["merge.verifySignatures", "false"],
  ["rerere.enabled", "false"],
  ["status.submoduleSummary", "false"],
  ["submodule.recurse", "false"]
]

/** git-config(1), ENVIRONMENT: names with any character in them. */
const asSettings = (settings: ReadonlyArray<Setting>): Readonly<Record<string, string>> =>
  Object.fromEntries([
    ["GIT_CONFIG_COUNT", String(settings.length)],
    ...settings.flatMap(([name, value], index) => [
      [`GIT_CONFIG_KEY_${index}`, name],
      [`GIT_CONFIG_VALUE_${index}`, value]
    ])
  ])

/** Something of the file system, as part of an operation. */
export const attempt = <A>(site: Site, operation: string, body: () => A): Effect.Effect<A, GitFailed> =>
  Effect.try({
    try: body,
    catch: (cause) =>
      new GitFailed({
        path: site.folder,
        operation,
        detail: cause instanceof Error ? cause.message : String(cause)
      })
  })

/** git's locks are held for moments; what holds one for longer is said. */
export const patiently = <A>(asked: Effect.Effect<A, WorktreeFailure>): Effect.Effect<A, WorktreeFailure> =>
  Effect.retry(asked, { while: isLocked, schedule: Schedule.exponential("20 millis"), times: 6 })

const isLocked = (failure: WorktreeFailure): boolean =>
  failure._tag === "GitFailed" && /\.lock': File exists|cannot lock ref|could not lock config file/.test(failure.detail)

export const refOf = (site: Site): string => `refs/heads/${site.branch}`

/** The commit of a ref; null: there is none. */
export const commitAt = (git: Asking, ref: string): Effect.Effect<string | null, WorktreeFailure> =>
  Effect.map(
    git.main.text(["rev-parse", "--verify", "--quiet", "--end-of-options", ref], { codes: [0, 1, 128] }),
    (told) => told.trim() || null
  )

export const indexOf = (admin: string): string => join(admin, "index")
