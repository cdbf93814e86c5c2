/** What a worktree lacks of what its files stand for: submodules, Git LFS contents, what filters would make of files. */
import { closeSync, openSync, readSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { LeftOut, WorktreeFailure } from "../../../app/ports/Worktrees.ts"
import { configured } from "./Configuration.ts"
import type { Ask, HostGit } from "./HostGit.ts"

/** What there is to know of an index. */
export interface Indexed {
  /** Paths that are commits of other repositories. */
  readonly submodules: ReadonlyArray<string>
  readonly hasAttributes: boolean
}

export const indexed = (here: Ask): Effect.Effect<Indexed, WorktreeFailure> =>
  Effect.map(here.text(["ls-files", "--stage", "-z"]), (listed) => ({
    submodules: listed
      .split("\0")
      .flatMap((entry) => (entry.startsWith("160000 ") ? [entry.slice(entry.indexOf("\t") + 1)] : [])),
    hasAttributes: /[\t/]\.gitattributes\0/.test(listed)
  }))

/**
 * A status of the worktree looks into submodules that are there by running git in them, with their own configuration, which names
 * programs. In a folder that a workspace writes to it must not, whoever asks for the status, and however: entries that are "not
 * checked out" are not looked at (git-update-index(1), SKIP-WORKTREE BIT).
 */
export const skipSubmodules = (
  here: Ask,
  { submodules }: Pick<Indexed, "submodules">
): Effect.Effect<void, WorktreeFailure> =>
  submodules.length === 0
    ? Effect.void
    : Effect.asVoid(
        here.run(["update-index", "--skip-worktree", "-z", "--stdin"], {
          input: submodules.map((path) => `${path}\0`).join("")
        })
      )

export const leftOut = (
  git: HostGit,
  admin: string,
  { submodules, hasAttributes }: Indexed
): Effect.Effect<ReadonlyArray<LeftOut>, WorktreeFailure> =>
  Effect.gen(function* () {
    const partial = configured(git.configuration, "extensions.partialclone").trim()
    return [
      ...submodules.map((what): LeftOut => ({ kind: "submodule", what, files: 0 })),
      ...(hasAttributes ? yield* unconverted(git, git.at(admin)) : []),
      ...(partial === "" ? [] : [{ kind: "objects" as const, what: partial, files: 0 }])
    ]
  })

const unconverted = (git: HostGit, here: Ask): Effect.Effect<ReadonlyArray<LeftOut>, WorktreeFailure> =>
  Effect.gen(function* () {
    const attributes = ["--", ":(glob)**/.gitattributes"]
    const { code } = yield* here.run(["grep", "--cached", "--quiet", "--fixed-strings", "filter=", ...attributes], {
      codes: [0, 1],
      env: { GIT_LITERAL_PATHSPECS: "0" }
    })
    if (code === 1) return []
    const files = yield* here.run(["ls-files", "-z"])
    const told = yield* here.text(["check-attr", "--cached", "--stdin", "-z", "filter"], { input: files.output })
    const words = told.split("\0")
    const counts = new Map<string, number>()
    // A path, "filter", its value.
    for (let at = 0; at + 2 < words.length; at += 3) {
      const [path = "", , filter = ""] = words.slice(at, at + 3)
      if (filter === "lfs" ? isPointer(join(git.site.folder, path)) : git.filters.includes(filter))
        counts.set(filter, (counts.get(filter) ?? 0) + 1)
    }
    return [...counts].map(([what, count]) => ({ kind: what === "lfs" ? "lfs" : "filter", what, files: count }))
  })

/** https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: "version" is the first key. */
const isPointer = (file: string): boolean => {
  const start = Buffer.from("version https://git-lfs.github.com/spec/")
  const found = Buffer.alloc(start.length)
  try {
    const descriptor = openSync(file, "r")
    try {
      return readSync(descriptor, found) === start.length && found.equals(start)
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // It is not there, so nothing is in it.
    return false
  }
}
