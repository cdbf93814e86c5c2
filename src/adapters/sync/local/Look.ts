/** One entry of a folder: what it is, and its stamp. */
import { createHash } from "node:crypto"
import { isUtf8 } from "node:buffer"
import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync } from "node:fs"
import type { LeftOut, Seen } from "../../../app/ports/SyncSide.ts"
import type { Entry } from "../../../domain/sync/Entry.ts"
import { specialKind } from "../../files/specialKind.ts"

/** File systems keep times by the kernel's tick, 10 ms at the most: a younger file may change without its stamp. */
const tick = 25

const readAtOnce = 1024 * 1024

export const stampOf = ({ size, mtimeNs, ctimeNs, ino, mode }: BigIntStats): string =>
  `${size} ${mtimeNs} ${ino} ${mode}|${ctimeNs}`

/** What of a stamp is the file's own: linking and moving it change the rest. */
export const ownStamp = (stamp: string): string => stamp.slice(0, stamp.indexOf("|"))

/** Opened for reading, if it is a file: never a link, and a pipe does not make us wait. */
export const openFile = (path: string): number =>
  openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)

export type Sight = Seen | Pick<LeftOut, "reason" | "why">

export const isSeen = (sight: Sight): sight is Seen => "entry" in sight

/** Undefined when nothing is there. Yields now and then while it reads, so that nothing else waits for a large file. */
export function* look(
  path: string,
  known: Seen | undefined,
  stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
): Generator<void, Sight | undefined> {
  if (stat === undefined) return undefined
  const stamp = stampOf(stat)
  const age = Date.now() - Number(stat.ctimeNs / 1_000_000n)
  const seen = { mode: Number(stat.mode & 0o777n), size: Number(stat.size), stamp, isSettled: age > tick }
  if (stat.isDirectory()) return { ...seen, size: 0, entry: { kind: "folder" } }
  if (stat.isSymbolicLink()) {
    const target = readlinkSync(path, { encoding: "buffer" })
    if (!isUtf8(target)) return { reason: "name", why: "is a link to a name that is no valid UTF-8" }
    return { ...seen, entry: { kind: "link", target: target.toString("utf8") } }
  }
  if (!stat.isFile()) return { reason: "special", why: `is ${specialKind(stat)}` }
  if (known?.isSettled === true && known.stamp === stamp && known.entry.kind === "file") return known
  const hash = yield* hashOf(path, stamp)
  if (hash === undefined) return { reason: "busy", why: "is being written" }
  return { ...seen, entry: { kind: "file", hash, executable: (stat.mode & 0o100n) !== 0n } }
}

/** Undefined when the file changed while it was read. */
function* hashOf(path: string, stamp: string): Generator<void, string | undefined> {
  const file = openFile(path)
  try {
    const stat = fstatSync(file, { bigint: true })
    if (stampOf(stat) !== stamp) return undefined
    const hash = createHash("sha256")
    const buffer = Buffer.allocUnsafe(Math.min(readAtOnce, Number(stat.size) + 1))
    for (;;) {
      const read = readSync(file, buffer)
      if (read === 0) break
      hash.update(buffer.subarray(0, read))
      yield
    }
    return stampOf(fstatSync(file, { bigint: true })) === stamp ? hash.digest("hex") : undefined
  } finally {
    closeSync(file)
  }
}

/** Looks without a pause. */
export const lookNow = (path: string, known?: Seen): Sight | undefined => {
  const looking = look(path, known)
  for (;;) {
    const step = looking.next()
    if (step.done === true) return step.value
  }
}

export const isAnything = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** The entry at a path, or undefined when nothing (or nothing that can be synced) is there. */
export const entryAt = (path: string): Entry | undefined => {
  const sight = lookNow(path)
  return sight !== undefined && isSeen(sight) ? sight.entry : undefined
}
