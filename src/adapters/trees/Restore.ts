/**
 * Makes a folder hold a tree's files: everything is read, verified and made ready first, then put in its place; then each folder in
 * which something changed is looked through again and what was written is read again. Nothing is replaced or deleted that the undo
 * checkpoint does not hold as it is.
 */
import { lstatSync } from "node:fs"
import { type TreeChange, TreeStoreFailed } from "../../app/ports/TreeStore.ts"
import * as Beneath from "./Beneath.ts"
import { changes, type Difference, differences } from "./Difference.ts"
import type { Entry } from "./Entries.ts"
import { look, type Memory } from "./Keep.ts"
import { forSystem, shown } from "./Paths.ts"
import { type Plan, plan } from "./Plan.ts"
import type { Scanned } from "./Scan.ts"
import * as Staging from "./Staging.ts"
import type { Store } from "./Store.ts"
import { swap } from "./Swap.ts"
import { load, type Tree } from "./Trees.ts"

export const restore = (
  store: Store,
  memory: Memory,
  hash: string,
  folder: string,
  undo: string | undefined
): ReadonlyArray<TreeChange> =>
  store.reading(() => {
    const tree = load(store, hash, "files")
    const earlier = Staging.left(folder)
    const before = seenBefore(store, memory, tree, folder, undo)
    const found = differences(before.entries, tree.entries, { from: inMemory, to: tree.open })
    const steps = plan(found)
    assertPossible(folder, found)
    assertKept(store, folder, steps, before, undo)
    carryOut(tree, steps, folder, before)
    for (const leftover of earlier) Staging.remove(leftover)
    const isIgnoredAsBefore = found.every(({ path }) => !/(^|\/)\.gitignore$/.test(path))
    const after = look(store, memory, folder, {
      ...everything,
      ignored: tree.head.ignored,
      over: tree,
      ...(isIgnoredAsBefore && {
        ignoredPaths: before.ignoredPaths,
        since: { scanned: before, touched: foldersOf(found) }
      })
    })
    remember(store, memory, tree, folder, after)
    return changes(differences(tree.entries, after.entries, { from: tree.open, to: inMemory }).filter(isNotOurs))
  })

/** Those that changed and those above what changed. */
const foldersOf = (found: ReadonlyArray<Difference>): ReadonlySet<string> => {
  const folders = new Set<string>()
  for (const { path } of found)
    for (let at = path; at !== "" && !folders.has(at); at = at.slice(0, Math.max(0, at.lastIndexOf("/"))))
      folders.add(at)
  return folders
}

const everything = { mostFiles: Number.POSITIVE_INFINITY, mostBytes: Number.POSITIVE_INFINITY }

const inMemory = (folder: Entry): ReadonlyArray<Entry> => folder.entries ?? []

/** Milliseconds: an older look of the undo checkpoint is not taken for what is there now. */
const freshFor = 5000

/** The look of the undo checkpoint, if it is this process' and was one at all that restoring touches. */
const seenBefore = (store: Store, memory: Memory, tree: Tree, folder: string, undo: string | undefined): Scanned => {
  const kept = memory.kept.get(folder)
  memory.kept.delete(folder)
  const isFresh = kept !== undefined && performance.now() - kept.at < freshFor
  if (isFresh && kept.hash === undo && kept.over === tree.hash) return kept.scanned
  return look(store, memory, folder, { ...everything, ignored: tree.head.ignored, over: tree })
}

const remember = (store: Store, memory: Memory, tree: Tree, folder: string, { seen }: Scanned): void => {
  memory.looks.set(folder, { store: store.id, generation: store.generation(), tree: tree.hash, seen })
}

/** A folder of which only what the tree does not know is left is not ours to delete. */
const isNotOurs = ({ from, to }: Difference): boolean => from !== undefined || to?.hides !== true

const assertPossible = (folder: string, found: ReadonlyArray<Difference>): void => {
  for (const { path, from, to } of found)
    if (from?.type === "d" && to !== undefined && to.type !== "d" && hides(from))
      throw refused(folder, `${shown(path)} is a folder with files that are not in the checkpoint, and a file in it`)
}

const hides = (folder: Entry): boolean => folder.hides === true || (folder.entries ?? []).some(hides)

const assertKept = (store: Store, folder: string, steps: Plan, before: Scanned, undo: string | undefined): void => {
  const lost = [...steps.removes, ...steps.puts.flatMap(({ path, replaces }) => (replaces ? [path] : []))]
  if (lost.length === 0) return
  if (undo === undefined)
    throw refused(
      folder,
      `it holds files that would be lost (${some(lost)})`,
      "Keep them first and name that checkpoint"
    )
  const kept = load(store, undo, "files")
  if (kept.head.root === before.root) return
  const differing = new Set(
    differences(kept.entries, before.entries, { from: kept.open, to: inMemory }).map(({ path }) => path)
  )
  const unkept = lost.filter((path) => differing.has(path))
  if (unkept.length > 0)
    throw refused(
      folder,
      `files changed since the checkpoint to go back to was taken (${some(unkept)})`,
      "Take it again"
    )
}

const some = (paths: ReadonlyArray<string>): string =>
  `${paths.slice(0, 3).map(shown).join(", ")}${paths.length > 3 ? ` and ${paths.length - 3} more` : ""}`

const refused = (folder: string, detail: string, advice = "Move it away and try again") =>
  new TreeStoreFailed({ operation: "Restoring", path: shown(folder), detail, advice: `Nothing was changed. ${advice}` })

const carryOut = (tree: Tree, steps: Plan, folder: string, before: Scanned): void => {
  const { puts, removes, removedFolders, newFolders, modes } = steps
  if (puts.length + removes.length + removedFolders.length + newFolders.length + modes.length === 0) return
  const owner = ownerOf(folder)
  const staging = Staging.make(folder)
  const beneath = Beneath.open(folder)
  try {
    for (const [index, { entry }] of puts.entries()) staging.write(index, entry, tree.content(entry), owner)
    swap(steps, beneath, staging, (path, stat) => {
      const seen = before.seen.get(path)
      if (seen === undefined || seen.ino !== stat.ino || seen.size !== stat.size || seen.modified !== stat.mtimeMs)
        return false
      // One that has another name may have been touched by us under that.
      return stat.nlink > 1 || seen.changed === stat.ctimeMs
    })
  } finally {
    beneath.close()
    staging.remove()
  }
}

/** Root gives files to whom the folder belongs. */
const ownerOf = (folder: string): Staging.Owner | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const { uid, gid } = lstatSync(forSystem(folder))
  return uid === 0 ? undefined : { uid, gid }
}
