/** Putting objects into the store and getting them out, each verified by its hash every time that it is read. */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib"
import { TreeDamaged } from "../../app/ports/TreeStore.ts"
import { hashOf } from "./Entries.ts"
import type { Store } from "./Store.ts"

/**
 * So many bytes of objects are compressed together: a context a file would take longer than its compression; for one of many, all of
 * them are unpacked.
 */
const packBytes = 32 * 1024

/** So many bytes of objects are looked up together: a question by itself costs more in locks than in its answer. */
const askedBytes = 1024 * 1024

/** In bytes: zlib takes no smaller one. */
const leastChunk = 64

/** So many bytes wait in memory for being written. */
const mostWaiting = 8 * 1024 * 1024

export interface Writer {
  /** Takes bytes, which may be used again afterwards; answers their hash. They are in the store after `flush`. */
  readonly put: (bytes: Buffer) => string
  /** The same for lists of entries, which are read together and so are packed together. */
  readonly putFolder: (bytes: Buffer) => string
  readonly flush: () => void
  /** Bytes that were added to the store's file. */
  readonly added: () => number
}

interface Gathered {
  members: Array<{ hash: string; bytes: Buffer }>
  bytes: number
}

interface Pack {
  readonly data: Buffer
  readonly bytes: number
  readonly compressed: boolean
  readonly members: ReadonlyArray<{ readonly hash: string; readonly start: number; readonly bytes: number }>
}

export const has = (store: Store, hash: string): boolean =>
  store.prepare("SELECT 1 FROM objects WHERE hash = ?").get(Buffer.from(hash, "hex")) !== undefined

export const writer = (store: Store): Writer => {
  const taken = new Set<string>()
  const contents: Gathered = { members: [], bytes: 0 }
  const folders: Gathered = { members: [], bytes: 0 }
  let waiting: Array<Pack> = []
  let waitingBytes = 0
  let added = 0
  const close = (gathered: Gathered) => {
    const { members } = gathered
    if (members.length === 0) return
    gathered.members = []
    gathered.bytes = 0
    const missing = store.reading(() => members.filter(({ hash }) => !has(store, hash)))
    for (const together of inPacks(missing)) {
      const pack = packOf(together)
      waiting.push(pack)
      waitingBytes += pack.data.length
    }
    if (waitingBytes > mostWaiting) write()
  }
  const write = () => {
    if (waiting.length === 0) return
    const packs = waiting
    added += store.exclusively(() => packs.reduce((sum, pack) => sum + insert(store, pack), 0))
    waiting = []
    waitingBytes = 0
  }
  const putIn = (gathered: Gathered, bytes: Buffer): string => {
    const hash = hashOf(bytes)
    if (taken.has(hash)) return hash
    taken.add(hash)
    gathered.members.push({ hash, bytes: Buffer.from(bytes) })
    gathered.bytes += bytes.length
    if (gathered.bytes >= askedBytes) close(gathered)
    return hash
  }
  return {
    put: (bytes) => putIn(contents, bytes),
    putFolder: (bytes) => putIn(folders, bytes),
    flush: () => {
      close(contents)
      close(folders)
      write()
    },
    added: () => added
  }
}

function* inPacks<A extends { readonly bytes: Buffer }>(members: ReadonlyArray<A>): Iterable<ReadonlyArray<A>> {
  let together: Array<A> = []
  let bytes = 0
  for (const member of members) {
    if (together.length > 0 && bytes + member.bytes.length > packBytes) {
      yield together
      together = []
      bytes = 0
    }
    together.push(member)
    bytes += member.bytes.length
  }
  if (together.length > 0) yield together
}

export const packOf = (objects: ReadonlyArray<{ readonly hash: string; readonly bytes: Buffer }>): Pack => {
  let start = 0
  const members = objects.map(({ hash, bytes }) => {
    const member = { hash, start, bytes: bytes.length }
    start += bytes.length
    return member
  })
  const raw =
    objects.length === 1 && objects[0] !== undefined ? objects[0].bytes : Buffer.concat(objects.map((o) => o.bytes))
  // Told the length and given room for all of it, zstd sets up a small state in place of one for a long stream: that is most of its time.
  const data = zstdCompressSync(raw, {
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
    pledgedSrcSize: raw.length,
    chunkSize: Math.max(raw.length, leastChunk)
  })
  return data.length < raw.length * 0.95
    ? { data, bytes: raw.length, compressed: true, members }
    : { data: raw, bytes: raw.length, compressed: false, members }
}

/** Answers how many bytes it added. */
export const insert = (store: Store, { data, bytes, compressed, members }: Pack): number => {
  const { lastInsertRowid } = store
    .prepare("INSERT INTO packs (bytes, compressed, data) VALUES (?, ?, ?)")
    .run(bytes, compressed ? 1 : 0, data)
  const add = store.prepare("INSERT OR IGNORE INTO objects VALUES (?, ?, ?, ?)")
  for (const { hash, start, bytes } of members) add.run(Buffer.from(hash, "hex"), lastInsertRowid, start, bytes)
  return data.length + 48 * members.length
}

export interface Reader {
  /** Thrown: TreeDamaged, naming `tree`, when it is not there or not what its hash says. */
  readonly get: (hash: string, tree: string) => Buffer
}

/** What was unpacked last stays at hand: objects that were kept together are asked for together. */
const packsAtHand = 64

export const reader = (store: Store): Reader => {
  const packs = new Map<number, Buffer>()
  const unpacked = (id: number, tree: string): Buffer | undefined => {
    const found = packs.get(id) ?? unpack(store, id, tree)
    if (found === undefined) return undefined
    packs.delete(id)
    packs.set(id, found)
    const [oldest] = packs.keys()
    if (packs.size > packsAtHand && oldest !== undefined) packs.delete(oldest)
    return found
  }
  const get = (hash: string, tree: string, again = true): Buffer => {
    const row = store.prepare("SELECT pack, start, bytes FROM objects WHERE hash = ?").get(Buffer.from(hash, "hex")) as
      | { pack: number; start: number; bytes: number }
      | undefined
    if (row === undefined) throw new TreeDamaged({ hash: tree, detail: `the object ${hash} is not in the store` })
    const pack = unpacked(row.pack, tree)
    if (pack === undefined) {
      // A collection by another process may just have moved it.
      if (again) return get(hash, tree, false)
      throw new TreeDamaged({ hash: tree, detail: `pack ${row.pack} is not in the store` })
    }
    const bytes = pack.subarray(row.start, row.start + row.bytes)
    if (hashOf(bytes) !== hash) throw new TreeDamaged({ hash: tree, detail: `the object ${hash} is not what it was` })
    return bytes
  }
  return { get: (hash, tree) => get(hash, tree) }
}

const unpack = (store: Store, id: number, tree: string): Buffer | undefined => {
  const row = store.prepare("SELECT bytes, compressed, data FROM packs WHERE id = ?").get(id) as
    | { bytes: number; compressed: number; data: Buffer }
    | undefined
  if (row === undefined) return undefined
  if (row.compressed === 0) return row.data
  try {
    return zstdDecompressSync(row.data, {
      maxOutputLength: Math.max(row.bytes, 1),
      chunkSize: Math.max(row.bytes, leastChunk)
    })
  } catch {
    // Whatever zstd says of it: the bytes are not those that were written.
    throw new TreeDamaged({ hash: tree, detail: `pack ${id} cannot be read` })
  }
}
