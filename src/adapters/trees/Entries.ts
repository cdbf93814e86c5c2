/**
 * What a folder holds, as the bytes that are hashed and stored: one record an entry, sorted by the bytes of the names. A folder's
 * hash covers those of everything in it, so the hash of the uppermost one names the whole tree.
 */
import { hash } from "node:crypto"
import { TreeDamaged } from "../../app/ports/TreeStore.ts"

/** `f`: a file, its content one object. `c`: a long file, an object of its pieces' hashes. `l`: a link, its target. `d`: a folder. */
export type Type = "f" | "c" | "l" | "d"

export interface Entry {
  /** One character a byte. */
  readonly name: string
  readonly type: Type
  /** The permission bits, set-user-id and the like included; 0 for links, which have none. */
  readonly mode: number
  readonly size: number
  readonly hash: string
  /** What the folder holds, where that is at hand. */
  readonly entries?: ReadonlyArray<Entry>
  /** Of a folder on disk: something is in it that is not in the tree. */
  readonly hides?: boolean
}

export const hashOf = (bytes: Buffer): string => hash("sha256", bytes, "hex")

export const encode = (entries: ReadonlyArray<Entry>): Buffer => {
  let text = ""
  for (const { type, mode, size, hash, name } of entries)
    text += `${type} ${mode.toString(8)} ${size} ${hash} ${name}\0`
  return Buffer.from(text, "latin1")
}

const record = /^([fcld]) ([0-7]{1,4}) (\d{1,16}) ([0-9a-f]{64}) ([^/]+)$/s

/** Thrown: TreeDamaged, also for names that lead elsewhere: what comes from another machine is not trusted. */
export const decode = (bytes: Buffer, tree: string): ReadonlyArray<Entry> => {
  const records = bytes.toString("latin1").split("\0")
  if (records.pop() !== "") throw damaged(tree)
  let last = ""
  return records.map((text) => {
    const [, type, mode, size, hash, name] = record.exec(text) ?? []
    if (name === undefined || hash === undefined || name <= last || name === "." || name === "..") throw damaged(tree)
    last = name
    return { type: type as Type, mode: Number.parseInt(mode ?? "", 8), size: Number(size), hash, name }
  })
}

const damaged = (tree: string) => new TreeDamaged({ hash: tree, detail: "a folder's list of entries is none" })

/** What a tree's own object says. */
export interface Head {
  readonly kind: "files" | "git"
  /** Whether files that git ignores were kept too. */
  readonly ignored: boolean
  readonly files: number
  readonly bytes: number
  /** The hash of the uppermost folder. */
  readonly root: string
}

export const encodeHead = ({ kind, ignored, files, bytes, root }: Head): Buffer =>
  Buffer.from(`nexus tree 1\n${kind} ${ignored ? "all" : "selected"} ${files} ${bytes}\n${root}\n`)

const headText = /^nexus tree 1\n(files|git) (all|selected) (\d{1,16}) (\d{1,16})\n([0-9a-f]{64})\n$/

export const decodeHead = (bytes: Buffer, tree: string): Head => {
  const [, kind, selection, files, size, root] = headText.exec(bytes.toString("latin1")) ?? []
  if (root === undefined) throw new TreeDamaged({ hash: tree, detail: "it is no tree" })
  return { kind: kind as Head["kind"], ignored: selection === "all", files: Number(files), bytes: Number(size), root }
}
