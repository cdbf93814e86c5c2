/**
 * What an engine is sent to build an image from: a folder of the worktree, without what its .dockerignore names, and the Dockerfile.
 * Symbolic links are sent as they are, so nothing outside of it is read.
 */
import dockerignore from "@balena/dockerignore"
import { createReadStream } from "node:fs"
import { lstat, readdir, readFile, readlink, realpath } from "node:fs/promises"
import { isAbsolute, join, relative, sep } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { pack, type Pack } from "tar-stream"

// Its declarations say that it has a default export, and it is one.
const ignore = dockerignore as unknown as (typeof dockerignore)["default"]

export interface BuildContext {
  /** An archive; it fails when reading does. */
  readonly archive: Readable
  /** The Dockerfile's path in there. */
  readonly dockerfile: string
}

/** Of a path that leads out of the worktree, or to nothing. */
export class OutsideWorktree extends Error {}

/** A Dockerfile that is not in its context is sent beside it, as docker build does. */
const beside = ".nexus-dockerfile"

/** Paths are relative to the top. Fails with OutsideWorktree, also for links that lead there. */
export const contextOf = async (top: string, dockerfile: string, folder: string): Promise<BuildContext> => {
  const file = await within(top, dockerfile, "isFile")
  const context = await within(top, folder, "isDirectory")
  const path = relative(context, file)
  const isBeside = path.startsWith(`..${sep}`)
  const rules = await readFile(join(context, ".dockerignore"), "utf8").catch(() => "")
  const archive = pack()
  const send = async () => {
    await add(archive, context, rules, isBeside ? [] : [path, ".dockerignore"])
    if (isBeside) {
      archive.entry({ name: beside }, await readFile(file))
      // Or it would be among what is copied into the image.
      archive.entry({ name: ".dockerignore" }, `${rules}\n${beside}\n.dockerignore\n`)
    }
    archive.finalize()
  }
  send().catch((cause: unknown) => archive.destroy(cause instanceof Error ? cause : new Error(String(cause))))
  return { archive: Readable.from(archive, { objectMode: false }), dockerfile: isBeside ? beside : path }
}

const within = async (top: string, path: string, kind: "isDirectory" | "isFile"): Promise<string> => {
  const real = await realpath(top)
  const found = await realpath(join(real, path)).catch(() => undefined)
  const way = found === undefined ? ".." : relative(real, found)
  if (
    found === undefined ||
    way === ".." ||
    way.startsWith(`..${sep}`) ||
    isAbsolute(way) ||
    !(await lstat(found))[kind]()
  )
    throw new OutsideWorktree(path)
  return found
}

/** `always`: files that are sent although they are ignored; the engine needs them. */
const add = async (archive: Pack, context: string, rules: string, always: ReadonlyArray<string>) => {
  const ignored = ignore({ ignorecase: false }).add(rules)
  const hasExceptions = /^\s*!/m.test(rules)
  const visit = async (folder: string): Promise<void> => {
    for (const name of (await readdir(join(context, folder))).sort()) {
      const path = folder === "" ? name : `${folder}/${name}`
      const leftOut = ignored.ignores(path) && !always.includes(path)
      const file = join(context, path)
      const stat = await lstat(file)
      const header = { name: path, mode: stat.mode & 0o7777, mtime: stat.mtime, uid: 0, gid: 0 }
      if (stat.isDirectory()) {
        if (!leftOut) archive.entry({ ...header, type: "directory" })
        if (!leftOut || hasExceptions || always.some((one) => one.startsWith(`${path}/`))) await visit(path)
      } else if (leftOut) continue
      else if (stat.isSymbolicLink()) archive.entry({ ...header, type: "symlink", linkname: await readlink(file) })
      else if (stat.isFile()) await pipeline(createReadStream(file), archive.entry({ ...header, size: stat.size }))
    }
  }
  await visit("")
}
