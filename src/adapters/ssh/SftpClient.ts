/** SFTP (draft-ietf-secsh-filexfer-02, as OpenSSH speaks it) with promises, and with failures that say what was tried where. */
import type { Attributes, FileEntry, SFTPWrapper, Stats } from "ssh2"
import { FileFailed, type FileStatus } from "../../app/ports/Sftp.ts"
import { codeOf, reasonOf } from "./Causes.ts"

/** Bytes of one request. OpenSSH answers up to 256 KiB at once. */
export const chunk = 64 * 1024
/** Requests for one file that are under way at once. */
const ahead = 16

type Answer<A> = (error: Error | null | undefined, value: A) => void

export class SftpClient {
  readonly #sftp: SFTPWrapper

  /** Of requests that are not answered yet. The library forgets those that are made once the session has ended. */
  readonly #unanswered = new Set<(cause: Error) => void>()
  #isClosed = false

  constructor(sftp: SFTPWrapper) {
    this.#sftp = sftp
    // What breaks the session is told to each request.
    sftp.on("error", () => undefined)
    sftp.once("close", () => {
      this.#isClosed = true
      for (const fail of this.#unanswered) fail(disconnected)
    })
  }

  #ask<A>(operation: string, path: string, request: (sftp: SFTPWrapper, answer: Answer<A>) => void): Promise<A> {
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown) => {
        this.#unanswered.delete(fail)
        reject(failed(operation, path, cause))
      }
      if (path.includes("\0")) return fail(new Error("a path cannot hold a NUL character"))
      if (this.#isClosed) return fail(disconnected)
      this.#unanswered.add(fail)
      try {
        request(this.#sftp, (error, value) => {
          if (error != null) return fail(error)
          this.#unanswered.delete(fail)
          return resolve(value)
        })
      } catch (cause) {
        fail(cause)
      }
    })
  }

  list(folder: string): Promise<ReadonlyArray<FileEntry>> {
    return this.#ask("listing", folder, (sftp, answer) => sftp.readdir(folder, answer))
  }

  async status(path: string, how: "lstat" | "stat" = "lstat"): Promise<FileStatus | undefined> {
    try {
      return toStatus(await this.#ask<Stats>("reading the status", path, (sftp, answer) => sftp[how](path, answer)))
    } catch (cause) {
      if (cause instanceof FileFailed && cause.kind === "missing") return undefined
      throw cause
    }
  }

  makeFolder(path: string, mode: number): Promise<void> {
    return this.#ask("making the folder", path, (sftp, answer: Answer<void>) =>
      sftp.mkdir(path, { mode } as Attributes, (error) => answer(error, undefined))
    )
  }

  removeFile(path: string): Promise<void> {
    return this.#ask("removal", path, (sftp, answer: Answer<void>) =>
      sftp.unlink(path, (error) => answer(error, undefined))
    )
  }

  removeFolder(path: string): Promise<void> {
    return this.#ask("removal", path, (sftp, answer: Answer<void>) =>
      sftp.rmdir(path, (error) => answer(error, undefined))
    )
  }

  /** As rename(2): what is there is replaced at once. */
  rename(from: string, to: string): Promise<void> {
    return this.#ask("renaming", to, (sftp, answer: Answer<void>) =>
      sftp.ext_openssh_rename(from, to, (error) => answer(error, undefined))
    )
  }

  changeMode(path: string, mode: number): Promise<void> {
    return this.#ask("changing the mode", path, (sftp, answer: Answer<void>) =>
      sftp.chmod(path, mode, (error) => answer(error, undefined))
    )
  }

  realPath(path: string): Promise<string> {
    return this.#ask("resolving", path, (sftp, answer) => sftp.realpath(path, answer))
  }

  readLink(path: string): Promise<string> {
    return this.#ask("reading the link", path, (sftp, answer) => sftp.readlink(path, answer))
  }

  makeLink(target: string, path: string): Promise<void> {
    return this.#ask("making the link", path, (sftp, answer: Answer<void>) =>
      sftp.symlink(target, path, (error) => answer(error, undefined))
    )
  }

  /** A file's bytes in order, read ahead of their use. */
  async *read(path: string): AsyncGenerator<Buffer> {
    const handle = await this.#ask<Buffer>("opening", path, (sftp, answer) => sftp.open(path, "r", answer))
    try {
      const { size, mode } = await this.#ask<Stats>("reading", path, (sftp, answer) => sftp.fstat(handle, answer))
      if (kindOf(mode) !== "file") throw failed("reading", path, new Error("it is not a file"))
      // Files of size 0 may have content all the same, as in /proc.
      const [limit, window] = size > 0 ? [size, ahead] : [Number.POSITIVE_INFINITY, 1]
      const waiting: Array<Promise<Buffer>> = []
      for (let position = 0; position < limit || waiting.length > 0;) {
        while (position < limit && waiting.length < window) {
          const asked = this.#readChunk(path, handle, position, Math.min(chunk, limit - position))
          // Awaited in order below; one that fails meanwhile is not to end the process.
          asked.catch(() => undefined)
          waiting.push(asked)
          position += chunk
        }
        const bytes = await waiting.shift()
        if (bytes === undefined || bytes.length === 0) return
        yield bytes
      }
    } finally {
      await this.#close(path, handle)
    }
  }

  /** All of it, or all there is. */
  async #readChunk(path: string, handle: Buffer, position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length)
    let filled = 0
    while (filled < length) {
      const count = await this.#ask<number>("reading", path, (sftp, answer) =>
        sftp.read(handle, bytes, filled, length - filled, position + filled, answer)
      )
      if (count === 0) break
      filled += count
    }
    return bytes.subarray(0, filled)
  }

  /** Writes a new file: it must not be there yet. Answers its size. */
  async write(
    path: string,
    content: AsyncIterable<Buffer>,
    { mode, modified }: { readonly mode: number; readonly modified?: number | undefined }
  ): Promise<number> {
    const handle = await this.#ask<Buffer>("writing", path, (sftp, answer) => sftp.open(path, "wx", mode, answer))
    const waiting = new Set<Promise<void>>()
    let broken: unknown
    let position = 0
    try {
      for await (const piece of content) {
        for (let start = 0; start < piece.length; start += chunk) {
          const bytes = piece.subarray(start, start + chunk)
          const at = position
          const written = this.#ask("writing", path, (sftp, answer: Answer<void>) =>
            sftp.write(handle, bytes, 0, bytes.length, at, (error) => answer(error, undefined))
          ).then(
            () => void waiting.delete(written),
            (cause: unknown) => {
              waiting.delete(written)
              broken ??= cause
            }
          )
          waiting.add(written)
          position += bytes.length
          if (waiting.size >= ahead) await Promise.race(waiting)
          if (broken !== undefined) throw broken
        }
      }
    } finally {
      const times = modified === undefined ? {} : { atime: modified, mtime: modified }
      // Asked together: the server answers in order. The mode again, since its umask took from it.
      const [attributes] = await Promise.all([
        this.#ask("writing", path, (sftp, answer: Answer<void>) =>
          sftp.fsetstat(handle, { mode, ...times }, (error) => answer(error, undefined))
        ).then(
          () => undefined,
          (cause: unknown) => cause
        ),
        ...waiting,
        this.#close(path, handle)
      ])
      broken ??= attributes
    }
    if (broken !== undefined) throw broken
    return position
  }

  #close(path: string, handle: Buffer): Promise<void> {
    return this.#ask("closing", path, (sftp, answer: Answer<void>) =>
      sftp.close(handle, (error) => answer(error, undefined))
    )
  }
}

const kinds: Readonly<Record<number, FileFailed["kind"]>> = {
  2: "missing",
  3: "permission",
  6: "disconnected",
  7: "disconnected"
}

const disconnected = new Error("the session has ended")

/** Codes of SSH_FXP_STATUS; 4 is all else, of which the server doesn't say more. */
const failed = (operation: string, path: string, cause: unknown): FileFailed => {
  const code = codeOf(cause)
  // "No response from server": the library's word for requests that the end of the session cut off.
  const isCut = cause === disconnected || reasonOf(cause).startsWith("No response")
  const kind = isCut ? "disconnected" : ((typeof code === "number" ? kinds[code] : undefined) ?? "failed")
  const detail = isCut ? "the connection is gone" : reasonOf(cause)
  return new FileFailed({ operation, side: "there", path, kind, detail })
}

const kindOf = (mode: number): FileStatus["kind"] => {
  const type = mode & 0o170000
  if (type === 0o100000) return "file"
  if (type === 0o040000) return "folder"
  return type === 0o120000 ? "link" : "other"
}

export const toStatus = ({ mode, size, mtime, uid, gid }: Attributes): FileStatus => ({
  kind: kindOf(mode),
  size,
  mode: mode & 0o7777,
  modified: mtime,
  uid,
  gid
})
