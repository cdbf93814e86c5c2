/** Looking through folders for the store: what is kept of one, and what was seen of it last. */
import { statSync } from "node:fs"
import { type Selection, TreeStoreFailed } from "../../app/ports/TreeStore.ts"
import { type Entry, hashOf } from "./Entries.ts"
import * as Looks from "./Looks.ts"
import { has, writer } from "./Objects.ts"
import { type Scanned, scan } from "./Scan.ts"
import type { Store } from "./Store.ts"
import { commit, isKept, load, type Tree } from "./Trees.ts"

interface KeptLook {
  readonly hash: string
  readonly over: string | undefined
  readonly scanned: Scanned
  /** `performance.now()` at its end. */
  readonly at: number
}

/** What this process saw of a folder last, and of which tree that is a look. */
export interface Memory {
  readonly looks: Map<string, Looks.Look>
  readonly kept: Map<string, KeptLook>
}

export const memory = (): Memory => ({ looks: new Map(), kept: new Map() })

/** More objects dropped under our hands than these times is no chance. */
const attempts = 5

export const keep = (store: Store, memory: Memory, folder: string, selection: Selection) => {
  const { mostFiles, mostBytes } = selection
  const over = selection.over === undefined ? undefined : load(store, selection.over, "files")
  // Restoring such a tree deletes what is not in it.
  const ignored = selection.ignored || over?.head.ignored === true
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const generation = store.generation()
    const objects = writer(store)
    const scanned = look(store, memory, folder, {
      ignored,
      mostFiles,
      mostBytes,
      ...(over && { over }),
      put: objects.put,
      putFolder: objects.putFolder
    })
    const { root, files, bytes, leftOut, unsteady } = scanned
    const kept = commit(store, objects, { kind: "files", ignored, files, bytes, root }, generation)
    if (kept === undefined) {
      memory.looks.delete(folder)
      continue
    }
    const { hash } = kept
    const now = { store: store.id, generation, tree: hash, seen: scanned.seen }
    memory.looks.set(folder, now)
    memory.kept.set(folder, { hash, over: over?.hash, scanned, at: performance.now() })
    Looks.save(store.folder, folder, now)
    return { hash, files, bytes, addedBytes: objects.added(), leftOut, unsteady }
  }
  throw new TreeStoreFailed({
    operation: "Keeping the files",
    path: folder,
    detail: "objects were dropped from the store again and again meanwhile",
    advice: "Try again when nothing else is cleaning it"
  })
}

export interface LookOrder {
  readonly ignored: boolean
  readonly mostFiles: number
  readonly mostBytes: number
  readonly over?: Tree
  /** Absent: nothing is stored. */
  readonly put?: (bytes: Buffer) => string
  readonly putFolder?: (bytes: Buffer) => string
  readonly ignoredPaths?: ReadonlySet<string>
  /** A look of a moment ago, and where something may have changed since: folders without such are taken from there. */
  readonly since?: { readonly scanned: Scanned; readonly touched: ReadonlySet<string> }
}

export const look = (store: Store, memory: Memory, folder: string, order: LookOrder): Scanned => {
  const known = memory.looks.get(folder) ?? Looks.load(store.folder, folder)
  const isOurs = known?.store === store.id
  const isCertain = isOurs && known.generation === store.generation() && isKept(store, known.tree)
  const { over, put } = order
  return scan({
    folder,
    ignored: order.ignored,
    mostFiles: order.mostFiles,
    mostBytes: order.mostBytes,
    ...(over && { over: (path: string) => find(over, path) }),
    own: statSync(store.folder),
    known: order.since?.scanned.seen ?? (isOurs ? known.seen : undefined),
    ...(order.since && { unchanged: unchangedSince(order.since.scanned, order.since.touched) }),
    put: put ?? hashOf,
    putFolder: order.putFolder ?? hashOf,
    ...(order.ignoredPaths && { ignoredPaths: order.ignoredPaths }),
    isStored: (seen) => put === undefined || (isCertain && seen.stored) || has(store, seen.hash),
    stores: (hash) => put !== undefined || has(store, hash)
  })
}

const unchangedSince =
  ({ entries }: Scanned, touched: ReadonlySet<string>) =>
  (path: string): Entry | undefined =>
    touched.has(path) ? undefined : find({ entries, open: (folder) => folder.entries ?? [] }, path)

/** The entry at a path of a tree. */
export const find = (tree: Pick<Tree, "entries" | "open">, path: string): Entry | undefined => {
  let entries = tree.entries
  let found: Entry | undefined
  for (const name of path.split("/")) {
    if (found !== undefined) {
      if (found.type !== "d") return undefined
      entries = tree.open(found)
    }
    found = entries.find((entry) => entry.name === name)
    if (found === undefined) return undefined
  }
  return found
}
