/** Making a worktree, step by step; each step can be taken back, and can be found and finished after a crash. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { type LeftOut, type Site, type WorktreeFailure, WorktreeRefused } from "../../../app/ports/Worktrees.ts"
import {
  adminOf,
  isSamePlace,
  pointerOf,
  reasonOf,
  removeAdmin,
  removeEmpty,
  writeAdmin,
  writePointer
} from "./Admin.ts"
import { setAside } from "./Aside.ts"
import { exclude, include } from "./Exclude.ts"
import { attempt, type HostGit, hostGit, indexOf, refOf } from "./HostGit.ts"
import { indexed, leftOut, skipSubmodules } from "./LeftOut.ts"
import { refuseTaken, tokenOf } from "./Plan.ts"
import { isPrivateThere, makePrivate, removePrivate } from "./Private.ts"
import { type Refs, refsOf, shared } from "./Refs.ts"

type Undo = Effect.Effect<void, WorktreeFailure>

export const add = (site: Site, commit: string): Effect.Effect<ReadonlyArray<LeftOut>, WorktreeFailure> =>
  Effect.gen(function* () {
    const git = yield* hostGit(site)
    const refs = yield* refsOf(git.main, shared)
    yield* refuseTaken(git, refs)
    const undos: Array<Undo> = []
    return yield* steps(git, commit, refs, undos).pipe(
      // What can't be undone either (a full disk) is what a crash would have left: it has our token, and is found by it.
      Effect.onError(() => Effect.forEach(undos.reverse(), Effect.ignore, { discard: true }))
    )
  })

const steps = (git: HostGit, commit: string, refs: Refs, undos: Array<Undo>) =>
  Effect.gen(function* () {
    const { site, layout } = git
    const { commonDir } = layout
    const holder = dirname(site.folder)
    /** One that is not to be cut in two: what it made is what its undo takes back. */
    const step = <A>(body: Effect.Effect<A, WorktreeFailure>, undo: (made: A) => Undo | undefined) =>
      Effect.uninterruptible(
        Effect.tap(body, (made) => {
          const taken = undo(made)
          if (taken !== undefined) undos.push(taken)
        })
      )

    yield* step(
      attempt(site, "worktree add", () => mkdirSync(holder, { recursive: true })),
      (made) => (made === undefined ? undefined : Effect.sync(() => removeEmpty(holder)))
    )
    yield* step(
      attempt(site, "worktree add", () => exclude(commonDir)),
      (wrote) =>
        wrote ? attempt(site, "worktree add", () => (isEmpty(holder) ? include(commonDir) : undefined)) : undefined
    )
    yield* step(makeBranch(git, commit, refs), (made) =>
      made ? Effect.asVoid(git.main.run(["update-ref", "-d", refOf(site), commit])) : undefined
    )
    yield* step(makeEntry(git, undos), () => undefined)
    const admin = adminOf(commonDir, site)?.path ?? ""
    if (!existsSync(indexOf(admin))) yield* checkOut(git, admin)
    const here = git.at(admin)
    const index = yield* indexed(here)
    if (site.gitDirectory !== undefined) {
      yield* skipSubmodules(here, index)
      const seen = new Map([[refOf(site), commit], ...refs])
      if (!isPrivateThere(site))
        yield* step(makePrivate(git, admin, seen).pipe(Effect.onError(() => Effect.ignore(removePrivate(site)))), () =>
          removePrivate(site)
        )
    }
    // Another workspace's rollback may have taken the line back after we found it there.
    yield* attempt(site, "worktree add", () => exclude(commonDir))
    return yield* leftOut(git, admin, index)
  })

const isEmpty = (folder: string): boolean => !existsSync(folder) || readdirSync(folder).length === 0

/** True when it made it. */
const makeBranch = (git: HostGit, commit: string, refs: Refs) =>
  Effect.gen(function* () {
    const ref = refOf(git.site)
    if (refs.has(ref)) return false
    // With a value before, of none: of two that make it, one fails.
    const none = "0".repeat(commit.length)
    yield* git.main.run(["update-ref", "--create-reflog", "-m", tokenOf(git.site), ref, commit, none])
    return true
  })

/** git's entry, the lock and the folder with its `.git` file; no files yet. */
const makeEntry = (git: HostGit, undos: Array<Undo>) =>
  Effect.gen(function* () {
    const { site, layout } = git
    const found = adminOf(layout.commonDir, site)
    if (found !== undefined)
      return yield* attempt(site, "worktree add", () => {
        writeAdmin(layout.commonDir, found.path, site)
        mkdirSync(site.folder, { recursive: true })
        if (pointerOf(site.folder) === undefined) writePointer(site, found.path)
      }).pipe(Effect.zipRight(refuseForeign(site, found.path)))
    yield* attempt(site, "worktree add", () => mkdirSync(site.folder))
    undos.push(
      attempt(site, "worktree add", () => {
        rmSync(site.folder, { recursive: true, force: true, maxRetries: 3 })
        const made = adminOf(layout.commonDir, site)
        if (made !== undefined) removeAdmin(made.path)
      })
    )
    const lock = ["--lock", "--reason", reasonOf(site)]
    yield* git.main.run(["worktree", "add", "--quiet", "--no-checkout", ...lock, site.folder, site.branch])
  })

const refuseForeign = (site: Site, admin: string) =>
  Effect.suspend(() =>
    isSamePlace(pointerOf(site.folder) ?? "", admin)
      ? Effect.void
      : new WorktreeRefused({
          kind: "foreign",
          detail: `${site.folder} is another repository's.`,
          advice: "Move it away; then repair the workspace."
        })
  )

/**
 * Files as the branch has them. The index is written elsewhere and renamed: one that is there says that all files are, and a
 * killed checkout leaves no lock behind.
 */
export const checkOut = (git: HostGit, admin: string): Effect.Effect<void, WorktreeFailure> =>
  Effect.gen(function* () {
    const { site } = git
    const unfinished = join(admin, "index.nexus")
    const here = git.at(admin)
    const env = { GIT_INDEX_FILE: unfinished }
    const others = yield* attempt(site, "checkout", () => {
      rmSync(unfinished, { force: true })
      rmSync(`${unfinished}.lock`, { force: true })
      return readdirSync(site.folder).filter((name) => name !== ".git")
    })
    if (others.length > 0) yield* keepStrangers(git, admin)
    yield* here.run(["read-tree", "--reset", "-u", "HEAD"], { env })
    yield* attempt(site, "checkout", () => renameSync(unfinished, indexOf(admin)))
  })

/** After a checkout that was cut off: what it can't have written goes aside, before the rest is written over. */
const keepStrangers = (git: HostGit, admin: string) =>
  Effect.gen(function* () {
    const { site } = git
    const here = git.at(admin)
    const env = { GIT_INDEX_FILE: join(admin, "index.nexus") }
    yield* here.run(["read-tree", "HEAD"], { env })
    const told = yield* here.text(["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=normal"], {
      env
    })
    let isStrange = false
    for (const entry of told.split("\0")) {
      const path = entry.slice(3)
      if (entry.startsWith("??")) isStrange = true
      else if (entry.slice(1, 2) === "M") {
        // Of a file that it was about to write there is the beginning.
        const { output } = yield* here.run(["cat-file", "blob", `HEAD:${path}`])
        isStrange ||= yield* attempt(site, "checkout", () => !isBeginning(join(site.folder, path), output))
      }
    }
    yield* attempt(site, "checkout", () => {
      rmSync(join(admin, "index.nexus"), { force: true })
      if (!isStrange) return
      setAside(site.folder)
      mkdirSync(site.folder)
      writePointer(site, admin)
    })
  })

const isBeginning = (file: string, whole: Buffer): boolean => {
  const stat = lstatSync(file)
  return stat.isFile() && stat.size < whole.length && readFileSync(file).equals(whole.subarray(0, stat.size))
}
