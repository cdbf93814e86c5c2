/** Reading one file of a folder that may change meanwhile, and that may be somebody's who would like us to read another one. */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, type Stats } from "node:fs"
import type { Entry } from "./Entries.ts"
import { forSystem } from "./Paths.ts"

/** In bytes: what is longer is kept in pieces of this size. */
export const piece = 1024 * 1024

/** How often a file is read again that changed while it was read. */
const attempts = 3

export interface Content {
  readonly type: Entry["type"]
  readonly hash: string
  readonly size: number
  readonly stat: Stats
  /** Milliseconds since 1970, before it was read. */
  readonly at: number
  /** False: it changed each time, and this is how it was read last. */
  readonly steady: boolean
}

/** Undefined: it is no file any more, or lies elsewhere. Thrown: what the file system throws. */
export const readContent = (path: string, put: (bytes: Buffer) => string): Content | undefined => {
  // Not through a link, and without waiting for what turned out to be a pipe.
  const file = openSync(forSystem(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    let at = Date.now()
    let before = fstatSync(file)
    if (!before.isFile() || !lies(file, path)) return undefined
    for (let attempt = 1; ; attempt++) {
      const content = before.size > piece ? inPieces(file, put) : whole(file, before.size, put)
      const after = fstatSync(file)
      const steady = before.mtimeMs === after.mtimeMs && before.ctimeMs === after.ctimeMs && content.size === after.size
      if (steady || attempt === attempts) return { ...content, stat: after, at, steady }
      at = Date.now()
      before = fstatSync(file)
    }
  } finally {
    closeSync(file)
  }
}

/** A folder above may have become a link between two calls (Linux: proc(5), /proc/pid/fd). */
const lies = (file: number, path: string): boolean => {
  if (process.platform !== "linux") return true
  return readlinkSync(`/proc/self/fd/${file}`, { encoding: "buffer" }).toString("latin1") === path
}

/** `size`: what it had a moment ago. One byte more is asked for: the answer to that says whether it still is as long. */
const whole = (file: number, size: number, put: (bytes: Buffer) => string): Pick<Content, "type" | "hash" | "size"> => {
  const start = readAt(file, 0, size + 1, size)
  const bytes = start.length === size ? start : readAt(file, 0, piece + 1)
  return bytes.length > piece ? inPieces(file, put) : { type: "f", hash: put(bytes), size: bytes.length }
}

const inPieces = (file: number, put: (bytes: Buffer) => string): Pick<Content, "type" | "hash" | "size"> => {
  const hashes: Array<Buffer> = []
  let size = 0
  for (;;) {
    const bytes = readAt(file, size, piece)
    if (bytes.length === 0) break
    hashes.push(Buffer.from(put(bytes), "hex"))
    size += bytes.length
    if (bytes.length < piece) break
  }
  // It may have become short.
  if (size <= piece) return whole(file, size, put)
  return { type: "c", hash: put(Buffer.concat(hashes)), size }
}

/** One for all: a buffer a file would be most of the work. Whoever keeps what was read makes a copy. */
const scratch = Buffer.allocUnsafeSlow(piece + 1)

/** Up to `most` bytes from there on, until the next call; no more is asked for once there are `enough`. */
const readAt = (file: number, start: number, most: number, enough = most): Buffer => {
  let length = 0
  for (;;) {
    const read = readSync(file, scratch, length, most - length, start + length)
    length += read
    if (read === 0 || length >= enough) return scratch.subarray(0, length)
  }
}
