/** The files of this machine as one end of a copy. */
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { join } from "node:path"
import { FileFailed, type FileStatus } from "../../app/ports/Sftp.ts"
import { codeOf, hasCode, reasonOf } from "./Causes.ts"
import { flawOf, type Listed, type Side } from "./Side.ts"
import { chunk } from "./SftpClient.ts"

const kinds: Readonly<Record<string, FileFailed["kind"]>> = {
  ENOENT: "missing",
  EEXIST: "exists",
  EISDIR: "exists",
  ENOTEMPTY: "exists",
  EACCES: "permission",
  EPERM: "permission",
  EROFS: "permission",
  ENOSPC: "no-space",
  EDQUOT: "no-space",
  ELOOP: "link"
}

const failed = (operation: string, path: string, cause: unknown): FileFailed => {
  if (cause instanceof FileFailed) return cause
  const kind = kinds[String(codeOf(cause))] ?? "failed"
  return new FileFailed({ operation, side: "here", path, kind, detail: reasonOf(cause) })
}

const attempt = async <A>(operation: string, path: string, body: () => Promise<A>): Promise<A> => {
  try {
    return await body()
  } catch (cause) {
    throw failed(operation, path, cause)
  }
}

export const localSide: Side = {
  name: "here",
  list: (folder) =>
    attempt("listing", folder, async () => {
      const names = await fs.readdir(folder, { encoding: "buffer" })
      return Promise.all(
        names.map(async (bytes): Promise<Listed> => {
          const name = bytes.toString("utf8")
          const flaw = Buffer.from(name).equals(bytes) ? undefined : flawOf(`${name}\uFFFD`)
          if (flaw !== undefined) return { name, kind: "other", mode: 0, size: 0, flaw }
          return { name, ...toStatus(await fs.lstat(join(folder, name))) }
        })
      )
    }),
  status: (path, how) =>
    attempt("reading the status", path, async () => {
      try {
        return toStatus(await (how === "itself" ? fs.lstat(path) : fs.stat(path)))
      } catch (cause) {
        if (hasCode(cause, "ENOENT")) return undefined
        throw cause
      }
    }),
  realPath: (path) => attempt("resolving", path, () => fs.realpath(path)),
  makeFolder: (path) =>
    attempt("making the folder", path, () =>
      fs.mkdir(path, { mode: 0o700 }).catch((cause: unknown) => {
        if (!hasCode(cause, "EEXIST")) throw cause
      })
    ),
  changeMode: (path, mode) => attempt("changing the mode", path, () => fs.chmod(path, mode)),
  readLink: (path) => attempt("reading the link", path, () => fs.readlink(path)),
  makeLink: (target, path) => attempt("making the link", path, () => fs.symlink(target, path)),
  read: readFile,
  write: (path, content, mode) =>
    attempt("writing", path, async () => {
      // A link there is not followed: "x" refuses whatever is there.
      const file = await fs.open(path, "wx", 0o600)
      let size = 0
      try {
        for await (const bytes of content) {
          await file.writeFile(bytes)
          size += bytes.length
        }
        await file.chmod(mode)
      } finally {
        await file.close()
      }
      return size
    }),
  rename: (from, to) => attempt("renaming", to, () => fs.rename(from, to)),
  removeFile: (path) => attempt("removal", path, () => fs.unlink(path))
}

async function* readFile(path: string): AsyncGenerator<Buffer> {
  const file = await attempt("reading", path, () => fs.open(path, constants.O_RDONLY | constants.O_NOFOLLOW))
  try {
    for (;;) {
      const bytes = Buffer.allocUnsafe(chunk)
      const { bytesRead } = await attempt("reading", path, () => file.read(bytes, 0, chunk, null))
      if (bytesRead === 0) return
      yield bytes.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

const toStatus = (stats: Awaited<ReturnType<typeof fs.lstat>>): FileStatus => ({
  kind: kindOf(stats),
  size: Number(stats.size),
  mode: Number(stats.mode) & 0o7777,
  modified: Math.floor(Number(stats.mtimeMs) / 1000),
  uid: Number(stats.uid),
  gid: Number(stats.gid)
})

const kindOf = (stats: Awaited<ReturnType<typeof fs.lstat>>): FileStatus["kind"] => {
  if (stats.isFile()) return "file"
  if (stats.isDirectory()) return "folder"
  return stats.isSymbolicLink() ? "link" : "other"
}
