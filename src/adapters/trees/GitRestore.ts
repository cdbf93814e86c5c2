/**
 * Puts a worktree's git state back: first the objects that the repository lacks, then the branch, then the files, the index under
 * git's own lock. Until the branch is set, nothing but unreferenced objects was added.
 */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TreeChange, TreeStoreFailed } from "../../app/ports/TreeStore.ts"
import { bootId } from "../../events/bootId.ts"
import { isAlive } from "../../events/isAlive.ts"
import * as Beneath from "./Beneath.ts"
import { changes, type Difference, differences } from "./Difference.ts"
import type { Entry } from "./Entries.ts"
import { codeOf } from "./Failures.ts"
import { stateFiles } from "./GitFiles.ts"
import { existing, gitIn, type Head, headOf, writeObjects } from "./GitObjects.ts"
import { parts } from "./GitState.ts"
import { shown } from "./Paths.ts"
import { plan } from "./Plan.ts"
import * as Staging from "./Staging.ts"
import type { Store } from "./Store.ts"
import { swap } from "./Swap.ts"
import { check, load, type Tree } from "./Trees.ts"

export const restoreGit = (store: Store, hash: string, folder: string): ReadonlyArray<TreeChange> => {
  check(store, hash)
  const tree = load(store, hash, "git")
  const { files, objects, head } = parts(tree)
  const gitDirectory = shown(folder)
  const release = locked(gitDirectory, "index.lock")
  try {
    // Only looked at: to set the branch that HEAD is on, git takes this one itself.
    locked(gitDirectory, "HEAD.lock")()
    assertFree(gitDirectory, head)
    bringObjects(gitDirectory, tree, objects)
    assertConnected(gitDirectory, head, [...objects.keys()])
    const earlier = Staging.left(folder)
    const back = setBranch(gitDirectory, head)
    try {
      carryOut(store, tree, files, folder)
    } catch (cause) {
      back()
      throw cause
    }
    for (const leftover of earlier) Staging.remove(leftover)
  } finally {
    release()
  }
  const after = stateFiles(folder, statSync(store.folder))
  const found = differences(files, after.entries, { from: tree.open, to: inMemory }).filter(isNotOurs)
  const now = headOf(gitDirectory)
  return now.commit === head.commit && now.ref === head.ref
    ? changes(found)
    : [...changes(found), { path: head.ref ?? "HEAD", change: "content" }]
}

const inMemory = (folder: Entry): ReadonlyArray<Entry> => folder.entries ?? []

const isNotOurs = ({ from, to }: Difference): boolean => from !== undefined || to?.hides !== true

/** One of git's own locks: who holds it changes the index or HEAD. Answers what releases it. */
const locked = (gitDirectory: string, name: string): (() => void) => {
  const lock = join(gitDirectory, name)
  try {
    if (isLeftByUs(lock)) rmSync(lock, { force: true })
    writeFileSync(lock, `${ours}${bootId()} ${process.pid}`, { flag: "wx", mode: 0o600 })
  } catch (cause) {
    if (codeOf(cause) !== "EEXIST") throw cause
    throw refused(
      gitDirectory,
      `${name} is there: git is at work, or was killed`,
      "Wait for it, or delete that file if no git runs"
    )
  }
  return () => rmSync(lock, { force: true })
}

/** What is in a lock of ours; one of git's is empty, or a new index. */
const ours = "nexus restores "

/** A restore that was killed holds nothing any more. */
const isLeftByUs = (lock: string): boolean => {
  try {
    const text = readFileSync(lock, "latin1")
    const [boot, pid] = text.slice(ours.length).split(" ")
    return text.startsWith(ours) && (boot !== bootId() || !isAlive(Number(pid)))
  } catch {
    // There is none.
    return false
  }
}

const refused = (path: string, detail: string, advice: string) =>
  new TreeStoreFailed({ operation: "Restoring the git state", path, detail, advice: `Nothing was changed. ${advice}` })

/** git allows a branch in one worktree only. */
const assertFree = (gitDirectory: string, { ref }: Head): void => {
  if (ref === null) return
  const common = gitIn(gitDirectory, ["rev-parse", "--path-format=absolute", "--git-common-dir"])
    .toString("utf8")
    .trim()
  for (const other of [common, ...foldersIn(join(common, "worktrees"))]) {
    if (isSameFolder(other, gitDirectory) || headText(other) !== `ref: ${ref}`) continue
    throw refused(
      gitDirectory,
      `${ref} is checked out in another worktree (${other})`,
      "Switch that one to another branch"
    )
  }
}

const foldersIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return []
    throw cause
  }
}

const isSameFolder = (a: string, b: string): boolean => {
  const [one, other] = [statSync(a), statSync(b)]
  return one.ino === other.ino && one.dev === other.dev
}

const headText = (gitDirectory: string): string | undefined => {
  try {
    return readFileSync(join(gitDirectory, "HEAD"), "utf8").trim()
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined
    throw cause
  }
}

/** Puts the objects of a kept git state that a repository lacks into it. Answers the commit that HEAD was on. */
export const bringCommits = (store: Store, hash: string, gitDirectory: string): string | null => {
  check(store, hash)
  const tree = load(store, hash, "git")
  const { objects, head } = parts(tree)
  bringObjects(gitDirectory, tree, objects)
  assertConnected(gitDirectory, head, [...objects.keys()])
  return head.commit
}

const bringObjects = (gitDirectory: string, tree: Tree, objects: ReadonlyMap<string, Entry>): void => {
  const there = existing(gitDirectory, [...objects.keys()])
  const missing = [...objects].filter(([id]) => !there.has(id))
  if (missing.length === 0) return
  writeObjects(
    gitDirectory,
    new Map(missing.map(([id, entry]) => [id, Buffer.concat([...tree.content(entry)])])),
    tree.hash
  )
}

/** What the kept commits build on was not kept: it was on branches that were sure to stay. */
const assertConnected = (gitDirectory: string, { commit }: Head, ids: ReadonlyArray<string>): void => {
  const tips = commit === null ? ids : [commit, ...ids]
  if (tips.length === 0) return
  try {
    gitIn(gitDirectory, ["rev-list", "--objects", "--quiet", "--stdin", "--not", "--all"], `${tips.join("\n")}\n`)
  } catch (cause) {
    if (!(cause instanceof TreeStoreFailed)) throw cause
    throw refused(
      gitDirectory,
      `commits that it builds on are not in this repository any more (${cause.detail})`,
      "Fetch them, or restore the files alone"
    )
  }
}

/** Answers what puts it back. */
const setBranch = (gitDirectory: string, { ref, commit }: Head): (() => void) => {
  if (ref === null) return () => undefined
  const value = gitIn(gitDirectory, ["rev-parse", "--verify", "--quiet", ref], "", [0, 1, 128]).toString("utf8").trim()
  const set = (to: string | null) => {
    if (to === null) gitIn(gitDirectory, ["update-ref", "--no-deref", "-d", ref])
    else gitIn(gitDirectory, ["update-ref", "--no-deref", "-m", "nexus: restored", ref, to])
  }
  if (value === (commit ?? "")) return () => undefined
  set(commit)
  return () => set(value === "" ? null : value)
}

const carryOut = (store: Store, tree: Tree, files: ReadonlyArray<Entry>, folder: string): void => {
  const before = stateFiles(folder, statSync(store.folder))
  const steps = plan(differences(before.entries, files, { from: inMemory, to: tree.open }))
  assertHarmless(tree, steps.puts, folder)
  const release = locked(shown(folder), "HEAD.lock")
  const staging = Staging.make(folder)
  const beneath = Beneath.open(folder)
  try {
    for (const [index, { entry }] of steps.puts.entries()) staging.write(index, entry, tree.content(entry), undefined)
    swap(steps, beneath, staging, (path, stat) => {
      const seen = before.seen.get(path)
      return seen !== undefined && seen.ino === stat.ino && seen.size === stat.size && seen.modified === stat.mtimeMs
    })
  } finally {
    beneath.close()
    staging.remove()
    release()
  }
}

/** What git itself writes there; anything else can make git run programs, and comes from whoever wrote the checkpoint. */
const harmless = /^(core\.(sparsecheckout|sparsecheckoutcone|bare|worktree)|index\.sparse)$/

const assertHarmless = (
  tree: Tree,
  puts: ReadonlyArray<{ readonly path: string; readonly entry: Entry }>,
  folder: string
): void => {
  const put = puts.find(({ path }) => path === "config.worktree")
  if (put === undefined) return
  const text = Buffer.concat([...tree.content(put.entry)])
  const names = gitIn(shown(folder), ["config", "--file", "-", "--name-only", "--list", "-z"], text)
    .toString("utf8")
    .split("\0")
  const other = names.find((name) => name !== "" && !harmless.test(name))
  if (other === undefined) return
  throw refused(
    shown(folder),
    `its config.worktree sets ${other}, which could make git run programs`,
    "Set it by hand and try again"
  )
}
