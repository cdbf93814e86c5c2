/** Trees in the store: putting one there so that it is whole, and reading and checking one. */
import { TreeDamaged } from "../../app/ports/TreeStore.ts"
import { decode, decodeHead, encodeHead, type Entry, type Head } from "./Entries.ts"
import { has, reader, type Reader, type Writer } from "./Objects.ts"
import type { Store } from "./Store.ts"

export interface Tree {
  readonly hash: string
  readonly head: Head
  readonly entries: ReadonlyArray<Entry>
  readonly open: (folder: Entry) => ReadonlyArray<Entry>
  readonly reader: Reader
  /** The bytes of a file or the target of a link, piece by piece. */
  readonly content: (entry: Entry) => Iterable<Buffer>
}

/** Thrown: TreeDamaged. */
export const load = (store: Store, hash: string, kind?: Head["kind"]): Tree => {
  if (!isKept(store, hash)) throw new TreeDamaged({ hash, detail: "it is not in the store" })
  const objects = reader(store)
  const head = decodeHead(objects.get(hash, hash), hash)
  if (kind !== undefined && head.kind !== kind)
    throw new TreeDamaged({
      hash,
      detail: `it holds ${head.kind === "git" ? "a git state" : "files"}, not what was asked for`
    })
  const open = (folder: Entry) => folder.entries ?? decode(objects.get(folder.hash, hash), hash)
  const root: Entry = { name: "", type: "d", mode: 0, size: 0, hash: head.root }
  return { hash, head, entries: open(root), open, reader: objects, content: (entry) => pieces(objects, entry, hash) }
}

export const isKept = (store: Store, hash: string): boolean =>
  /^[0-9a-f]{64}$/.test(hash) &&
  store.prepare("SELECT 1 FROM trees WHERE hash = ?").get(Buffer.from(hash, "hex")) !== undefined

function* pieces(objects: Reader, entry: Entry, tree: string): Iterable<Buffer> {
  if (entry.type !== "c") {
    yield objects.get(entry.hash, tree)
    return
  }
  for (const hash of hashesIn(objects.get(entry.hash, tree), tree)) yield objects.get(hash, tree)
}

export const hashesIn = (list: Buffer, tree: string): ReadonlyArray<string> => {
  if (list.length % 32 !== 0) throw new TreeDamaged({ hash: tree, detail: "a long file's list of pieces is none" })
  return Array.from({ length: list.length / 32 }, (_, index) => list.toString("hex", 32 * index, 32 * index + 32))
}

/** Every object of a tree, contents last. `visited` is added to: trees share most of what they have. Thrown: TreeDamaged. */
export const reachable = (objects: Reader, tree: string, visited: Set<string>): void => {
  if (visited.has(tree)) return
  const contents: Array<string> = []
  const folder = (hash: string) => {
    if (visited.has(hash)) return
    visited.add(hash)
    for (const entry of decode(objects.get(hash, tree), tree)) {
      if (entry.type === "d") folder(entry.hash)
      else {
        if (entry.type === "c" && !visited.has(entry.hash))
          contents.push(...hashesIn(objects.get(entry.hash, tree), tree))
        contents.push(entry.hash)
      }
    }
  }
  folder(decodeHead(objects.get(tree, tree), tree).root)
  for (const hash of contents) visited.add(hash)
  visited.add(tree)
}

/** Reads every object of a tree, each pack once. Thrown: TreeDamaged. */
export const check = (store: Store, hash: string): void =>
  store.reading(() => {
    if (!isKept(store, hash)) throw new TreeDamaged({ hash, detail: "it is not in the store" })
    const objects = reader(store)
    const found = new Set<string>()
    reachable(objects, hash, found)
    const where = store.prepare("SELECT pack FROM objects WHERE hash = ?").pluck()
    const placed = [...found].map((object) => ({ object, pack: Number(where.get(Buffer.from(object, "hex")) ?? -1) }))
    for (const { object } of placed.sort((a, b) => a.pack - b.pack)) objects.get(object, hash)
  })

/**
 * Writes the tree's own object and row: only now is it there. False: objects were dropped since `generation`, some of this tree's
 * among them, so that it must be kept again.
 */
export const commit = (
  store: Store,
  writer: Writer,
  head: Head,
  generation: number
): { readonly hash: string } | undefined => {
  const hash = writer.put(encodeHead(head))
  return store.exclusively(() => {
    // In the same transaction: each waits for the disk.
    writer.flush()
    if (store.generation() !== generation && !isComplete(store, hash)) return undefined
    store
      .prepare("INSERT INTO trees VALUES (?, ?) ON CONFLICT DO UPDATE SET kept_at = excluded.kept_at")
      .run(Buffer.from(hash, "hex"), Date.now())
    return { hash }
  })
}

const isComplete = (store: Store, hash: string): boolean => {
  const found = new Set<string>()
  try {
    reachable(reader(store), hash, found)
  } catch (cause) {
    if (cause instanceof TreeDamaged) return false
    throw cause
  }
  return [...found].every((object) => has(store, object))
}
