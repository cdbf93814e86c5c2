/**
 * A folder that somebody else writes to while we read it, who would like us to read or write elsewhere. No link is followed at any
 * step of a path: each folder is opened from the one before (through `/proc/self/fd`, since Node has no `openat`), so that nothing
 * that is exchanged meanwhile matters. Where there is no `/proc`, each step is looked at before it is gone, and a race remains.
 */
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync
} from "node:fs"
import { dirname, join } from "node:path"

/** What is there is not what git would have written. */
export class Unsafe extends Error {}

/** More than is taken. */
export class TooLarge extends Error {}

const hasProc = existsSync("/proc/self/fd")
const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
// A pipe would otherwise be waited for.
const fileFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** A folder that is held open. */
export class Held {
  readonly #descriptor: number
  readonly #path: string
  private constructor(descriptor: number, path: string) {
    this.#descriptor = descriptor
    this.#path = path
  }

  static open(path: string): Held {
    return new Held(openSync(path, folderFlags), path)
  }

  #child(name: string): string {
    return join(hasProc ? `/proc/self/fd/${this.#descriptor}` : this.#path, name)
  }

  /** Undefined when there is none. */
  folder(name: string): Held | undefined {
    const descriptor = opened(this.#child(name), folderFlags)
    return descriptor === undefined ? undefined : new Held(descriptor, join(this.#path, name))
  }

  names(): ReadonlyArray<string> {
    return readdirSync(hasProc ? `/proc/self/fd/${this.#descriptor}/` : this.#path)
  }

  isThere(name: string): boolean {
    return lstatSync(this.#child(name), { throwIfNoEntry: false }) !== undefined
  }

  /** Bytes of a file of at most `most`; undefined when there is none. */
  read(name: string, most: number): Buffer | undefined {
    const chunks: Array<Buffer> = []
    const size = this.#each(name, most, (chunk) => chunks.push(Buffer.from(chunk)))
    return size === undefined ? undefined : Buffer.concat(chunks)
  }

  /** Copies a file of at most `most` bytes to a new one; gives its size. */
  copy(name: string, to: string, most: number): number {
    const target = openSync(to, "wx", 0o400)
    try {
      return this.#each(name, most, (chunk) => writeAll(target, chunk)) ?? 0
    } finally {
      closeSync(target)
    }
  }

  #each(name: string, most: number, take: (chunk: Buffer) => void): number | undefined {
    const descriptor = opened(this.#child(name), fileFlags)
    if (descriptor === undefined) return undefined
    try {
      const stat = fstatSync(descriptor)
      if (!stat.isFile()) throw new Unsafe(`${join(this.#path, name)} is not a file`)
      const buffer = Buffer.allocUnsafe(Math.min(Math.max(stat.size, 1) + 1, 1 << 20))
      for (let total = 0; ;) {
        const got = readSync(descriptor, buffer)
        if (got === 0) return total
        total += got
        // It may grow while it is read.
        if (total > most) throw new TooLarge(`${join(this.#path, name)} has more than ${most} bytes`)
        take(buffer.subarray(0, got))
      }
    } finally {
      closeSync(descriptor)
    }
  }

  /**
   * Replaces a file under git's lock for it (gitglossary(7): NAME.lock is made by one at a time). `isAsKnown` is asked when
   * nobody else can change it; false leaves it. True when it was written.
   */
  replace(name: string, content: Buffer | string, isAsKnown: () => boolean = () => true): boolean {
    const lock = this.#child(`${name}.lock`)
    const descriptor = openSync(
      lock,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600
    )
    let done = false
    try {
      if (!isAsKnown()) return false
      fchmodSync(descriptor, 0o600)
      writeAll(descriptor, typeof content === "string" ? Buffer.from(content) : content)
      fsyncSync(descriptor)
      renameSync(lock, this.#child(name))
      done = true
      return true
    } finally {
      closeSync(descriptor)
      if (!done) unlinkSync(lock)
    }
  }

  remove(name: string): void {
    try {
      unlinkSync(this.#child(name))
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
    }
  }

  make(name: string, mkdir: (path: string) => void): Held {
    const found = this.folder(name)
    if (found !== undefined) return found
    mkdir(this.#child(name))
    const made = this.folder(name)
    if (made === undefined) throw new Unsafe(`${join(this.#path, name)} does not stay`)
    return made
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor)
  }
}

const opened = (path: string, flags: number): number | undefined => {
  try {
    if (!hasProc && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      throw new Unsafe(`${path} is a symbolic link`)
    return openSync(path, flags)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === "ENOENT") return undefined
    if (code === "ELOOP" || code === "ENOTDIR" || code === "ENXIO")
      throw new Unsafe(`${path.replace(/^\/proc\/self\/fd\/\d+\//, "")} is not what git would have written`)
    throw cause
  }
}

const writeAll = (descriptor: number, bytes: Buffer): void => {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at)
}

/** Does something in the folder of a path below `root`; undefined when there is no such folder. `path` has "/". */
export const within = <A>(root: string, path: string, body: (folder: Held) => A): A | undefined => {
  const open: Array<Held> = [Held.open(root)]
  try {
    for (const name of path === "." ? [] : path.split("/")) {
      const next = open.at(-1)?.folder(name)
      if (next === undefined) return undefined
      open.push(next)
    }
    const last = open.at(-1)
    return last === undefined ? undefined : body(last)
  } finally {
    for (const folder of open) folder[Symbol.dispose]()
  }
}

export const readWithin = (root: string, path: string, most: number): Buffer | undefined =>
  within(root, dirname(path), (folder) => folder.read(path.slice(path.lastIndexOf("/") + 1), most))
