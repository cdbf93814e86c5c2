/** Looks through a folder: what it holds, each content by its hash, reading only what is not as it was seen last. */
import { lstatSync, readdirSync, readlinkSync, type Stats } from "node:fs"
import { TreeStoreFailed } from "../../app/ports/TreeStore.ts"
import { specialKind } from "../files/specialKind.ts"
import { encode, type Entry, hashOf } from "./Entries.ts"
import { codeOf } from "./Failures.ts"
import { ignoredIn } from "./Ignored.ts"
import { isAsSeen, type Seen, settled } from "./Looks.ts"
import { forSystem, shown, within } from "./Paths.ts"
import { readContent } from "./ReadFile.ts"
import { isStaging } from "./Staging.ts"

export interface Order {
  /** Its real path, one character a byte. */
  readonly folder: string
  readonly ignored: boolean
  /** Nothing but what `over` has. */
  readonly only?: boolean
  readonly mostFiles: number
  readonly mostBytes: number
  /** What is looked at even if it is ignored: what restoring that tree would replace. */
  readonly over?: (path: string) => Pick<Entry, "type"> | undefined
  /** Not looked at: the store's own folder. */
  readonly own: Pick<Stats, "dev" | "ino">
  readonly known: ReadonlyMap<string, Seen> | undefined
  /** Takes a content; answers its hash. */
  readonly put: (bytes: Buffer) => string
  readonly putFolder: (bytes: Buffer) => string
  /** What git ignores, where that is known already. */
  readonly ignoredPaths?: ReadonlySet<string>
  /** Folders that need not be looked into again, as they were a moment ago; `known` is what was seen then. */
  readonly unchanged?: (path: string) => Entry | undefined
  /** Whether a content that was seen before may be taken as stored. Never asked of others. */
  readonly isStored: (seen: Seen) => boolean
  /** Whether what `put` takes is stored. */
  readonly stores: (hash: string) => boolean
}

export interface Scanned {
  readonly root: string
  readonly entries: ReadonlyArray<Entry>
  readonly files: number
  readonly bytes: number
  readonly leftOut: ReadonlyArray<{ readonly path: string; readonly why: string }>
  /** Paths of files that changed while they were read. */
  readonly unsteady: ReadonlyArray<string>
  readonly seen: ReadonlyMap<string, Seen>
  readonly ignoredPaths: ReadonlySet<string>
}

/** All of a folder; what is not ignored; only what `over` has. */
type Extent = "all" | "selected" | "only"

/** Thrown: TreeStoreFailed, what the file system throws, what `put` throws. */
export const scan = (order: Order): Scanned => {
  const seen = new Map<string, Seen>(order.unchanged === undefined ? [] : order.known)
  const leftOut: Array<{ path: string; why: string }> = []
  const unsteady: Array<string> = []
  let files = 0
  let bytes = 0

  const count = (size: number) => {
    files++
    bytes += size
    if (files > order.mostFiles) throw tooMuch(order, `it holds more than ${order.mostFiles} files`)
    if (bytes > order.mostBytes) throw tooMuch(order, `it holds more than ${order.mostBytes} bytes`)
  }

  const folder = (
    path: string,
    extent: Extent,
    outer: ReadonlySet<string>
  ): { entries: Array<Entry>; hides: boolean; isAsKnown: boolean } => {
    const absolute = path === "" ? order.folder : `${order.folder}/${path}`
    const names = readdirSync(forSystem(absolute), { encoding: "latin1" }).sort()
    const isRepository = path !== "" && names.includes(".git")
    const ignored = isRepository && extent === "selected" ? nestedIgnored(absolute, path) : outer
    const entries: Array<Entry> = []
    let hides = false
    let isAsKnown = true
    for (const name of names) {
      if (path === "" && name === ".git") continue
      const inner = within(path, name)
      const inside = extentOf(inner, extent, ignored)
      if (inside === undefined || (path === "" && isStaging(name))) {
        if (path === "" && isStaging(name)) leftOut.push({ path: shown(name), why: interrupted })
        hides = true
        continue
      }
      const found = entry(name, inner, `${absolute}/${name}`, inside, ignored)
      if (found === undefined) hides = true
      if (found === undefined || found === "gone") continue
      entries.push(found)
      isAsKnown &&= isKnown(inner, found)
    }
    return { entries, hides, isAsKnown }
  }

  /** Whether an entry is the very one of the last look. */
  const isKnown = (path: string, { type, mode }: Entry): boolean => {
    const known = order.known?.get(type === "d" ? `${path}/` : path)
    return (
      known !== undefined &&
      known === seen.get(type === "d" ? `${path}/` : path) &&
      (type !== "d" || known.mode === mode)
    )
  }

  const extentOf = (path: string, extent: Extent, ignored: ReadonlySet<string>): Extent | undefined => {
    const isOut = extent === "only" || (extent === "selected" && ignored.has(path))
    if (!isOut) return extent
    const over = order.over?.(path)
    if (over === undefined) return undefined
    return over.type === "d" ? "only" : "all"
  }

  const entry = (
    name: string,
    path: string,
    absolute: string,
    extent: Extent,
    ignored: ReadonlySet<string>
  ): Entry | "gone" | undefined => {
    try {
      const stat = lstatSync(forSystem(absolute), { throwIfNoEntry: false })
      if (stat === undefined) return "gone"
      if (stat.isDirectory()) {
        if (stat.ino === order.own.ino && stat.dev === order.own.dev) return undefined
        const unchanged = order.unchanged?.(path)
        if (unchanged !== undefined) return { ...unchanged, mode: stat.mode & 0o7777 }
        const { entries, hides, isAsKnown } = folder(path, extent, ignored)
        const mode = stat.mode & 0o7777
        return { name, type: "d", mode, size: 0, hash: hashOfFolder(path, mode, entries, isAsKnown), entries, hides }
      }
      const isLink = stat.isSymbolicLink()
      if (!isLink && !stat.isFile()) {
        leftOut.push({ path: shown(path), why: specialKind(stat) })
        return undefined
      }
      count(stat.size)
      const mode = isLink ? 0 : stat.mode & 0o7777
      const known = order.known?.get(path)
      if (known !== undefined && isAsSeen(known, stat) && order.isStored(known)) {
        seen.set(path, asStored(known))
        return { name, type: known.type, mode, size: isLink ? 0 : stat.size, hash: known.hash }
      }
      return isLink ? link(name, path, absolute, stat) : file(name, path, absolute)
    } catch (cause) {
      const code = codeOf(cause)
      if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return "gone"
      if (code !== "EACCES" && code !== "EPERM") throw cause
      leftOut.push({ path: shown(path), why: "it may not be read" })
      return undefined
    }
  }

  const asStored = (known: Seen): Seen => (known.stored ? known : { ...known, stored: order.stores(known.hash) })

  const link = (name: string, path: string, absolute: string, stat: Stats): Entry => {
    const at = Date.now()
    const hash = order.put(readlinkSync(forSystem(absolute), { encoding: "buffer" }))
    seen.set(path, seenAs(stat, "l", hash, settled(stat, at), order.stores(hash)))
    return { name, type: "l", mode: 0, size: 0, hash }
  }

  const file = (name: string, path: string, absolute: string): Entry | "gone" => {
    const content = readContent(absolute, order.put)
    if (content === undefined) return "gone"
    const { type, hash, size, stat, at, steady } = content
    if (!steady) unsteady.push(shown(path))
    seen.set(path, seenAs(stat, type, hash, steady && settled(stat, at), order.stores(hash)))
    return { name, type, mode: stat.mode & 0o7777, size, hash }
  }

  /**
   * In `seen` with a slash at the end and how many entries it has: as many, each of them the very one of the last look, are the same
   * ones. Then neither its hash is made again nor is it asked for whether the store has it.
   */
  const hashOfFolder = (path: string, mode: number, entries: ReadonlyArray<Entry>, isAsKnown: boolean): string => {
    const known = order.known?.get(`${path}/`)
    const isSame = known !== undefined && isAsKnown && known.size === entries.length
    if (isSame && known.mode === mode && order.isStored(known)) {
      seen.set(`${path}/`, asStored(known))
      return known.hash
    }
    const bytes = encode(entries)
    const hash = hashOf(bytes)
    if (known?.hash !== hash || !order.isStored(known)) order.putFolder(bytes)
    seen.set(`${path}/`, { ...folderSeen, mode, size: entries.length, hash, stored: order.stores(hash) })
    return hash
  }

  const extent = order.only === true ? "only" : order.ignored ? "all" : "selected"
  const ignoredPaths = order.ignoredPaths ?? (extent === "selected" ? ignoredIn(order.folder) : new Set<string>())
  const { entries, isAsKnown } = folder("", extent, ignoredPaths)
  const root = hashOfFolder("", 0, entries, isAsKnown)
  return { ignoredPaths, root, entries, files, bytes, leftOut, unsteady, seen }
}

const seenAs = (stat: Stats, type: Entry["type"], hash: string, settled: boolean, stored: boolean): Seen => ({
  dev: stat.dev,
  ino: stat.ino,
  mode: stat.mode,
  size: stat.size,
  modified: stat.mtimeMs,
  changed: stat.ctimeMs,
  type,
  hash,
  settled,
  stored
})

const folderSeen: Omit<Seen, "hash" | "mode" | "size" | "stored"> = {
  dev: 0,
  ino: 0,
  modified: 0,
  changed: 0,
  type: "d",
  settled: true
}

/** A repository inside of another says itself what it ignores; one that git can't read ignores nothing. */
const nestedIgnored = (absolute: string, path: string): ReadonlySet<string> => {
  try {
    return new Set([...ignoredIn(absolute)].map((inner) => within(path, inner)))
  } catch (cause) {
    if (cause instanceof TreeStoreFailed) return new Set()
    throw cause
  }
}

const interrupted = "what a restore left that did not come to its end; restore again"

const tooMuch = (order: Order, detail: string) =>
  new TreeStoreFailed({
    operation: "Keeping the files",
    path: shown(order.folder),
    detail,
    advice: "Have git ignore what need not be kept, or allow more"
  })
