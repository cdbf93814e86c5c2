/**
 * What a folder's files were at the last look, so that only those that changed are read again: as git's index does, a file is
 * known again by its stamp (device, inode, mode, size, times), unless it was so young at the time of reading that it could
 * change once more without another stamp.
 *
 * Kept beside the store, one file a folder; losing one costs time only, and one that is damaged is lost.
 */
import { createHash, hash } from "node:crypto"
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writevSync } from "node:fs"
import type { Stats } from "node:fs"
import { join } from "node:path"
import type { Entry } from "./Entries.ts"

export interface Seen {
  readonly dev: number
  readonly ino: number
  /** With the bits that say what it is. */
  readonly mode: number
  readonly size: number
  /** Milliseconds, with fractions. */
  readonly modified: number
  readonly changed: number
  readonly type: Entry["type"]
  readonly hash: string
  /** It was old enough. */
  readonly settled: boolean
  /** Its content was in the store. */
  readonly stored: boolean
}

export interface Look {
  readonly store: string
  readonly generation: number
  /** A tree that was in the store then: if it still is, and the generation is the same, so is every content. */
  readonly tree: string
  readonly seen: ReadonlyMap<string, Seen>
}

/** File systems keep times by the kernel's tick, 10 ms at the most; some by whole or every other second. In milliseconds. */
const tick = 25
const coarseTick = 2100

/** `now`: before it was read. */
export const settled = ({ mtimeMs, ctimeMs }: Stats, now: number): boolean => {
  const youngest = Math.max(mtimeMs, ctimeMs)
  return now - youngest > (youngest % 1000 === 0 ? coarseTick : tick)
}

export const isAsSeen = (seen: Seen, stat: Stats): boolean =>
  seen.settled &&
  seen.ino === stat.ino &&
  seen.size === stat.size &&
  seen.modified === stat.mtimeMs &&
  seen.changed === stat.ctimeMs &&
  seen.mode === stat.mode &&
  seen.dev === stat.dev

const fileOf = (store: string, folder: string): string =>
  join(store, "looks", hash("sha256", Buffer.from(folder, "latin1"), "hex").slice(0, 32))

const numbers = 6

export const load = (store: string, folder: string): Look | undefined => {
  try {
    const bytes = readFileSync(fileOf(store, folder))
    const body = bytes.subarray(32)
    if (!hash("sha256", body, "buffer").equals(bytes.subarray(0, 32))) return undefined
    const end = body.indexOf("\n")
    const head = JSON.parse(body.toString("latin1", 0, end)) as Omit<Look, "seen"> & { count: number; folder: string }
    if (head.folder !== folder) return undefined
    const stamps = new Float64Array(new Uint8Array(body.subarray(end + 1, end + 1 + head.count * numbers * 8)).buffer)
    const texts = body.toString("latin1", end + 1 + head.count * numbers * 8).split("\0")
    const seen = new Map<string, Seen>()
    for (let index = 0; index < head.count; index++) {
      const at = index * numbers
      const text = texts[index] ?? ""
      seen.set(text.slice(65), {
        dev: stamps[at] ?? 0,
        ino: stamps[at + 1] ?? 0,
        mode: stamps[at + 2] ?? 0,
        size: stamps[at + 3] ?? 0,
        modified: stamps[at + 4] ?? 0,
        changed: stamps[at + 5] ?? 0,
        type: text.charAt(0) as Seen["type"],
        hash: text.slice(1, 65),
        settled: true,
        stored: true
      })
    }
    return { ...head, seen }
  } catch {
    // Not there, or not readable: everything is read.
    return undefined
  }
}

/** What can't be written is not: the next look takes longer. */
export const save = (store: string, folder: string, look: Look): void => {
  const stamps = new Float64Array(look.seen.size * numbers)
  let [count, at, texts] = [0, 0, ""]
  for (const [path, one] of look.seen) {
    if (!one.settled || !one.stored) continue
    texts += `${count++ === 0 ? "" : "\0"}${one.type}${one.hash}${path}`
    for (const number of [one.dev, one.ino, one.mode, one.size, one.modified, one.changed]) stamps[at++] = number
  }
  const { seen: _, ...head } = look
  // Large, so neither joined nor copied.
  const body = [
    Buffer.from(`${JSON.stringify({ ...head, count, folder })}\n`, "latin1"),
    Buffer.from(stamps.buffer, 0, at * stamps.BYTES_PER_ELEMENT),
    Buffer.from(texts, "latin1")
  ]
  const digest = createHash("sha256")
  for (const part of body) digest.update(part)
  const path = fileOf(store, folder)
  const unfinished = `${path}.${process.pid}`
  try {
    mkdirSync(join(store, "looks"), { recursive: true, mode: 0o700 })
    const file = openSync(unfinished, "w", 0o600)
    try {
      writevSync(file, [digest.digest(), ...body])
    } finally {
      closeSync(file)
    }
    renameSync(unfinished, path)
  } catch {
    rmSync(unfinished, { force: true })
  }
}
