/** Archives that were made elsewhere: a file each in the store's folder, under a name that is used once. */
import { createHash, randomBytes } from "node:crypto"
import {
  closeSync,
  copyFileSync,
  constants,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync
} from "node:fs"
import { basename, dirname, join } from "node:path"
import { TreeDamaged, TreeStoreFailed } from "../../app/ports/TreeStore.ts"
import { codeOf } from "./Failures.ts"
import type { Store } from "./Store.ts"

interface Row {
  readonly name: string
  readonly bytes: number
}

const row = (store: Store, hash: string): Row | undefined =>
  store.prepare("SELECT name, bytes FROM archives WHERE hash = ?").get(Buffer.from(hash, "hex")) as Row | undefined

export const isArchive = (store: Store, hash: string): boolean => row(store, hash) !== undefined

export const place = (store: Store, name: string): string => join(store.folder, "archives", name)

/** Where an archive is. Thrown: TreeDamaged. */
export const path = (store: Store, hash: string): string => {
  const known = row(store, hash)
  if (known === undefined) throw new TreeDamaged({ hash, detail: "it is not in the store" })
  return place(store, known.name)
}

/** Takes the file itself where it can (a second name for it), else a copy. `made`: its hash, where it was taken as it was written. */
export const keep = (store: Store, file: string, made?: { readonly hash: string; readonly bytes: number }) => {
  const name = randomBytes(16).toString("hex")
  const own = place(store, name)
  mkdirSync(join(store.folder, "archives"), { recursive: true, mode: 0o700 })
  try {
    taken(file, own)
    if (made !== undefined) assertWhole(own, file, made.bytes)
    const { hash, bytes } = made ?? hashedFile(own)
    const isNew = adopt(store, { hash, bytes, name })
    if (!isNew) rmSync(own, { force: true })
    return { hash, bytes, addedBytes: isNew ? bytes : 0 }
  } catch (cause) {
    rmSync(own, { force: true })
    if (codeOf(cause) !== "ENOENT") throw cause
    throw new TreeStoreFailed({
      operation: "Keeping an archive",
      path: file,
      detail: "there is no such file",
      advice: "Make it first"
    })
  }
}

const assertWhole = (path: string, file: string, bytes: number): void => {
  const { size } = statSync(path)
  if (size === bytes) return
  throw new TreeStoreFailed({
    operation: "Keeping an archive",
    path: file,
    detail: `it has ${size} bytes, and ${bytes} were written`,
    advice: "Make it again"
  })
}

/** Whether this is its file now: false when there is a sound one already. */
export const adopt = (store: Store, { hash, bytes, name }: Row & { readonly hash: string }): boolean => {
  const known = row(store, hash)
  const isSound = known !== undefined && isIntact(store, hash, known)
  return store.exclusively(() => {
    const key = Buffer.from(hash, "hex")
    const still = row(store, hash)
    if (isSound && still?.name === known.name) {
      store.prepare("UPDATE archives SET kept_at = ? WHERE hash = ?").run(Date.now(), key)
      return false
    }
    store.prepare("INSERT OR REPLACE INTO archives VALUES (?, ?, ?, ?)").run(key, name, bytes, Date.now())
    return true
  })
}

const isIntact = (store: Store, hash: string, { name }: Row): boolean => {
  try {
    return hashedFile(place(store, name)).hash === hash
  } catch {
    // Gone or unreadable: the new one takes its place.
    return false
  }
}

const taken = (file: string, path: string): void => {
  try {
    linkSync(realpathSync(file), path)
  } catch (cause) {
    if (!/^(EXDEV|EPERM|EMLINK|ENOTSUP|EOPNOTSUPP)$/.test(codeOf(cause))) throw cause
    copyFileSync(file, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
  }
  flush(path)
  flush(dirname(path))
}

export const flush = (path: string): void => {
  const file = openSync(path, "r")
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Thrown: TreeDamaged when it is gone or is not what its hash says. */
export const check = (store: Store, hash: string): void => {
  const file = path(store, hash)
  try {
    if (hashedFile(file).hash === hash) return
  } catch (cause) {
    if (codeOf(cause) !== "ENOENT") throw cause
    throw new TreeDamaged({ hash, detail: "its file is gone" })
  }
  throw new TreeDamaged({ hash, detail: "its file is not what it was" })
}

/** A verified copy that takes its name when it is complete. */
export const writeOut = (store: Store, hash: string, to: string): void => {
  const source = path(store, hash)
  const unfinished = join(dirname(to), `.${basename(to)}.${process.pid}.tmp`)
  try {
    const file = openSync(unfinished, "w", 0o600)
    try {
      const copied = hashedFile(source, (bytes) => writeAll(file, bytes))
      if (copied.hash !== hash) throw new TreeDamaged({ hash, detail: "its file is not what it was" })
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(unfinished, to)
  } finally {
    rmSync(unfinished, { force: true })
  }
}

export const writeAll = (file: number, bytes: Buffer): void => {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done)
}

export const hashedFile = (
  path: string,
  sink: (bytes: Buffer) => void = () => undefined
): { readonly hash: string; readonly bytes: number } => {
  const digest = createHash("sha256")
  const file = openSync(path, "r")
  try {
    const buffer = Buffer.allocUnsafeSlow(1024 * 1024)
    let bytes = 0
    for (;;) {
      const read = readSync(file, buffer, 0, buffer.length, null)
      if (read === 0) return { hash: digest.digest("hex"), bytes }
      digest.update(buffer.subarray(0, read))
      sink(buffer.subarray(0, read))
      bytes += read
    }
  } finally {
    closeSync(file)
  }
}
