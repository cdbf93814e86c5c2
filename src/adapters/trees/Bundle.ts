/**
 * One file for another machine: a line that says what it is, records, and at the end the SHA-256 of all before. A record is a
 * letter, the length of its bytes (8 bytes, big-endian) and the bytes: `o` an object, compressed; `a` an archive; `t` a tree's hash.
 * Everything is verified on the way in, and trees are there only when all of them are whole.
 */
import { createHash, randomBytes } from "node:crypto"
import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib"
import { TreeDamaged } from "../../app/ports/TreeStore.ts"
import * as Archives from "./Archives.ts"
import { decodeHead } from "./Entries.ts"
import { reader, writer } from "./Objects.ts"
import type { Store } from "./Store.ts"
import { commit, isKept, reachable } from "./Trees.ts"

const title = Buffer.from("nexus trees 1\n")

/** No object is longer: files are kept in pieces, and lists of pieces and folders are shorter than this. In bytes. */
const longestObject = 512 * 1024 * 1024

export const pack = (store: Store, hashes: ReadonlyArray<string>, to: string): void => {
  const unfinished = join(dirname(to), `.${basename(to)}.${process.pid}.tmp`)
  try {
    const file = openSync(unfinished, "w", 0o600)
    try {
      writeAll(store, hashes, file)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(unfinished, to)
    Archives.flush(dirname(to))
  } finally {
    rmSync(unfinished, { force: true })
  }
}

const writeAll = (store: Store, hashes: ReadonlyArray<string>, file: number): void => {
  const digest = createHash("sha256")
  const write = (bytes: Buffer) => {
    digest.update(bytes)
    Archives.writeAll(file, bytes)
  }
  write(title)
  const objects = reader(store)
  const written = new Set<string>()
  const trees = hashes.filter((hash) => !Archives.isArchive(store, hash))
  for (const hash of trees) {
    if (!isKept(store, hash)) throw new TreeDamaged({ hash, detail: "it is not in the store" })
    const all = new Set(written)
    reachable(objects, hash, all)
    for (const object of all) {
      if (written.has(object)) continue
      written.add(object)
      const bytes = zstdCompressSync(objects.get(object, hash), { params: { [constants.ZSTD_c_compressionLevel]: 3 } })
      write(header("o", bytes.length))
      write(bytes)
    }
  }
  for (const hash of hashes.filter((one) => !trees.includes(one))) {
    const path = Archives.path(store, hash)
    write(header("a", statSync(path).size))
    if (Archives.hashedFile(path, write).hash !== hash)
      throw new TreeDamaged({ hash, detail: "its file is not what it was" })
  }
  for (const hash of trees) {
    write(header("t", 32))
    write(Buffer.from(hash, "hex"))
  }
  Archives.writeAll(file, digest.digest())
}

const header = (kind: string, length: number): Buffer => {
  const bytes = Buffer.alloc(9)
  bytes.write(kind, 0, "latin1")
  bytes.writeBigUInt64BE(BigInt(length), 1)
  return bytes
}

/** The hashes of what came in: trees and archives. Thrown: TreeDamaged when anything in it is not as it was packed. */
export const unpack = (store: Store, from: string): ReadonlyArray<string> => {
  const file = openSync(from, "r")
  try {
    assertWhole(file, from)
    const generation = store.generation()
    const objects = writer(store)
    const archives: Array<string> = []
    const trees: Array<string> = []
    for (let at = title.length, end = fstatSync(file).size - 32; at < end;) {
      const head = readAt(file, at, 9, from)
      const length = Number(head.readBigUInt64BE(1))
      const kind = head.toString("latin1", 0, 1)
      if (at + 9 + length > end) throw damaged(from, "a record is longer than the file")
      if (kind === "a") archives.push(takeArchive(store, file, at + 9, length, from))
      else if (kind === "o") objects.put(decompressed(readAt(file, at + 9, length, from), from))
      else if (kind === "t" && length === 32) trees.push(readAt(file, at + 9, 32, from).toString("hex"))
      else throw damaged(from, "it has a record of a kind that this Nexus does not know")
      at += 9 + length
    }
    objects.flush()
    takeTrees(store, trees, generation)
    return [...trees, ...archives]
  } finally {
    closeSync(file)
  }
}

const takeTrees = (store: Store, trees: ReadonlyArray<string>, generation: number): void => {
  const objects = reader(store)
  for (const tree of trees) {
    // Before any of them is there: each object was verified as it came in, this looks whether all came.
    const all = new Set<string>()
    reachable(objects, tree, all)
    for (const object of all) objects.get(object, tree)
  }
  for (const tree of trees) {
    const kept = commit(store, writer(store), decodeHead(objects.get(tree, tree), tree), generation)
    if (kept === undefined)
      throw new TreeDamaged({ hash: tree, detail: "parts of it were dropped meanwhile; try again" })
    if (kept.hash !== tree)
      throw new TreeDamaged({ hash: tree, detail: "it is written in a way that this Nexus does not know" })
  }
}

const assertWhole = (file: number, from: string): void => {
  const { size } = fstatSync(file)
  const head = Buffer.alloc(title.length)
  readSync(file, head, 0, head.length, 0)
  if (!head.equals(title) || size < title.length + 32)
    throw damaged(from, "it is no file of Nexus' checkpoints, or of a newer Nexus")
  const digest = createHash("sha256")
  const step = 1024 * 1024
  for (let at = 0; at < size - 32; at += step) digest.update(readAt(file, at, Math.min(step, size - 32 - at), from))
  if (!digest.digest().equals(readAt(file, size - 32, 32, from)))
    throw damaged(from, "its bytes are not those that were written")
}

const takeArchive = (store: Store, file: number, at: number, length: number, from: string): string => {
  const name = randomBytes(16).toString("hex")
  const path = Archives.place(store, name)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const digest = createHash("sha256")
  const out = openSync(path, "wx", 0o600)
  try {
    const step = 1024 * 1024
    for (let done = 0; done < length; done += step) {
      const bytes = readAt(file, at + done, Math.min(step, length - done), from)
      digest.update(bytes)
      Archives.writeAll(out, bytes)
    }
    fsyncSync(out)
  } catch (cause) {
    rmSync(path, { force: true })
    throw cause
  } finally {
    closeSync(out)
  }
  const hash = digest.digest("hex")
  if (!Archives.adopt(store, { hash, bytes: length, name })) rmSync(path, { force: true })
  return hash
}

const decompressed = (bytes: Buffer, from: string): Buffer => {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: longestObject })
  } catch {
    throw damaged(from, "a record cannot be decompressed")
  }
}

const readAt = (file: number, at: number, length: number, from: string): Buffer => {
  if (length > longestObject) throw damaged(from, "a record is too long")
  const bytes = Buffer.allocUnsafeSlow(length)
  let done = 0
  while (done < length) {
    const read = readSync(file, bytes, done, length - done, at + done)
    if (read === 0) throw damaged(from, "it ends too early")
    done += read
  }
  return bytes
}

const damaged = (path: string, detail: string) => new TreeDamaged({ hash: path, detail })
