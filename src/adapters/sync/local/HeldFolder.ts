/**
 * Folders below a root that are reached without following a link, at any part of their path, even if somebody puts one in the place
 * of a folder meanwhile: each folder is opened within the one before (openat(2), by way of `/proc/self/fd`). Where there is no such
 * way (not Linux), each part is looked at before its use, which leaves that moment open.
 */
import { closeSync, constants, existsSync, fstatSync, openSync } from "node:fs"
import { join } from "node:path"

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants

const hasDescriptorPaths = process.platform === "linux" && existsSync("/proc/self/fd")

export interface HeldFolder {
  readonly descriptor: number
  /** Of an entry of this folder. */
  readonly at: (name: string) => string
  /** The folder itself. */
  readonly self: string
}

const held = (descriptor: number, path: string): HeldFolder => {
  const self = hasDescriptorPaths ? `/proc/self/fd/${descriptor}` : path
  return { descriptor, self, at: (name) => join(self, name) }
}

export interface Root {
  readonly path: string
  /** What the root was when its token was read; no other folder in its place will do. */
  identity?: string
}

/** The root is not the folder that it was when its token was read. */
export class OtherRoot extends Error {}

export const identityOf = (descriptor: number): string => {
  const { dev, ino } = fstatSync(descriptor, { bigint: true })
  return `${dev}:${ino}`
}

/** Opens a folder; it must be closed with `release`. Fails with ENOENT, or with ENOTDIR or ELOOP where something else is. */
export const hold = (root: Root, path: string): HeldFolder => {
  // The root's own path may lead through links: it is the user's.
  let folder = held(openSync(root.path, O_RDONLY | O_DIRECTORY), root.path)
  try {
    if (root.identity !== undefined && identityOf(folder.descriptor) !== root.identity) throw new OtherRoot(root.path)
    for (const name of path === "" ? [] : path.split("/")) {
      const next = held(openSync(folder.at(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW), join(folder.self, name))
      closeSync(folder.descriptor)
      folder = next
    }
    return folder
  } catch (cause) {
    closeSync(folder.descriptor)
    throw cause
  }
}

export const release = (folder: HeldFolder): void => closeSync(folder.descriptor)

export const within = <A>(root: Root, path: string, body: (folder: HeldFolder) => A): A => {
  const folder = hold(root, path)
  try {
    return body(folder)
  } finally {
    release(folder)
  }
}
