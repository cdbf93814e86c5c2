/**
 * Where a restore makes everything ready: a folder at the top of the one that is restored, on the same file system so that a
 * rename puts a file in its place at once. It goes at the end; one that is there tells of a restore that was killed.
 */
import { randomBytes } from "node:crypto"
import {
  closeSync,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeSync
} from "node:fs"
import * as Beneath from "./Beneath.ts"
import type { Entry } from "./Entries.ts"
import { forSystem } from "./Paths.ts"
import { piece } from "./ReadFile.ts"

const pattern = /^\.nexus-restoring-[0-9a-f]{16}$/

export const isStaging = (name: string): boolean => pattern.test(name)

export interface Owner {
  readonly uid: number
  readonly gid: number
}

export interface Staging {
  /** Where the n-th new entry is, until it takes its place. */
  readonly fresh: (number: number) => string | Buffer
  /** Where the n-th old one is kept until the end. */
  readonly aside: (number: number) => string | Buffer
  readonly write: (number: number, entry: Entry, content: Iterable<Buffer>, owner: Owner | undefined) => void
  readonly remove: () => void
}

/** `root`: a real path, one character a byte. */
export const make = (root: string): Staging => {
  const name = `.nexus-restoring-${randomBytes(8).toString("hex")}`
  // One of its own: what it gives is used together with a path that another one gave.
  const beneath = Beneath.open(root)
  for (const part of [name, `${name}/new`, `${name}/old`]) mkdirSync(beneath.at(part), { mode: 0o700 })
  const fresh = (number: number) => beneath.at(`${name}/new/${number}`)
  return {
    fresh,
    aside: (number) => beneath.at(`${name}/old/${number}`),
    write: (number, entry, content, owner) => write(fresh(number), entry, content, owner),
    remove: () => {
      beneath.close()
      remove(`${root}/${name}`)
    }
  }
}

/** Those of earlier restores. */
export const left = (root: string): ReadonlyArray<string> =>
  readdirSync(forSystem(root), { encoding: "latin1" })
    .filter(isStaging)
    .map((name) => `${root}/${name}`)

export const remove = (folder: string): void => rmSync(forSystem(folder), { recursive: true, force: true })

const nothing = Buffer.alloc(piece)

const write = (path: string | Buffer, entry: Entry, content: Iterable<Buffer>, owner: Owner | undefined): void => {
  if (entry.type === "l") {
    symlinkSync(Buffer.concat([...content]), path)
    if (owner !== undefined) lchownSync(path, owner.uid, owner.gid)
    return
  }
  const file = openSync(path, "wx", 0o600)
  try {
    let at = 0
    for (const bytes of content) {
      // A hole where there is nothing: what was sparse does not fill the disk.
      const isHole = entry.type === "c" && bytes.equals(nothing.subarray(0, bytes.length))
      for (let done = isHole ? bytes.length : 0; done < bytes.length;)
        done += writeSync(file, bytes, done, bytes.length - done, at + done)
      at += bytes.length
    }
    if (entry.type === "c") ftruncateSync(file, at)
    // Before the mode: it takes the bits away that let a program run as its owner.
    if (owner !== undefined) fchownSync(file, owner.uid, owner.gid)
    fchmodSync(file, entry.mode)
  } finally {
    closeSync(file)
  }
}
