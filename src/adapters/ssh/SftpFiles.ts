/** The port `Sftp` over one SFTP session. */
import { once } from "node:events"
import { Readable, type Writable } from "node:stream"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { FileFailed, type Sftp } from "../../app/ports/Sftp.ts"
import type { SshFailed } from "../../app/ports/Ssh.ts"
import { reasonOf } from "./Causes.ts"
import type { Open } from "./Connect.ts"
import { copy, unfinishedName } from "./Copy.ts"
import { notOpened } from "./Execute.ts"
import { localSide } from "./LocalSide.ts"
import { remoteSide } from "./RemoteSide.ts"
import { SftpClient, toStatus } from "./SftpClient.ts"

export const openSftp = (open: Open): Effect.Effect<Sftp, SshFailed, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<SftpSession, SshFailed>((resume) => {
      open.client.sftp((error, session) =>
        resume(error === undefined ? Effect.succeed(session) : Effect.fail(notOpened(open, error)))
      )
    }),
    (session) => Effect.sync(() => session.end())
  ).pipe(Effect.map((session) => filesOf(new SftpClient(session))))

type SftpSession = ConstructorParameters<typeof SftpClient>[0]

const attempt = <A>(operation: string, path: string, body: (interrupted: AbortSignal) => Promise<A>) =>
  Effect.tryPromise({
    try: body,
    catch: (cause) =>
      cause instanceof FileFailed
        ? cause
        : new FileFailed({ operation, side: "there", path, kind: "failed", detail: reasonOf(cause) })
  })

const filesOf = (client: SftpClient): Sftp => {
  const there = remoteSide(client)
  return {
    list: (folder) =>
      attempt("listing", folder, async () =>
        (await client.list(folder)).map(({ filename, attrs }) => ({ name: filename, ...toStatus(attrs) }))
      ),
    status: (path) => attempt("reading the status", path, () => client.status(path)),
    read: (path) => attempt("reading", path, () => gather(client.read(path))),
    readTo: (path, sink) => attempt("reading", path, () => pour(client.read(path), sink)),
    write: (path, content, { mode = 0o644, modified } = {}) =>
      attempt("writing", path, async () => {
        const unfinished = unfinishedName(path)
        const source: AsyncIterable<Buffer> = Buffer.isBuffer(content) ? Readable.from([content]) : content
        try {
          await client.write(unfinished, source, { mode, modified })
          await client.rename(unfinished, path)
        } catch (cause) {
          await client.removeFile(unfinished).catch(() => undefined)
          throw cause
        }
      }),
    makeFolder: (path, mode = 0o755) => attempt("making the folder", path, () => client.makeFolder(path, mode)),
    removeFile: (path) => attempt("removal", path, () => client.removeFile(path)),
    removeFolder: (path) => attempt("removal", path, () => client.removeFolder(path)),
    rename: (from, to) => attempt("renaming", to, () => client.rename(from, to)),
    changeMode: (path, mode) => attempt("changing the mode", path, () => client.changeMode(path, mode)),
    realPath: (path) => attempt("resolving", path, () => client.realPath(path)),
    readLink: (path) => attempt("reading the link", path, () => client.readLink(path)),
    makeLink: (target, path) => attempt("making the link", path, () => client.makeLink(target, path)),
    send: (from, to, options = {}) =>
      attempt("copying", from, (interrupted) => copy(localSide, from, there, to, options, interrupted)),
    receive: (from, to, options = {}) =>
      attempt("copying", from, (interrupted) => copy(there, from, localSide, to, options, interrupted))
  }
}

const gather = async (content: AsyncIterable<Buffer>): Promise<Buffer> => {
  const pieces: Array<Buffer> = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** As fast as the sink takes it; the sink stays open. Answers the bytes. */
const pour = async (content: AsyncIterable<Buffer>, sink: Writable): Promise<number> => {
  let bytes = 0
  for await (const piece of content) {
    bytes += piece.length
    if (sink.write(piece)) continue
    const failed = new AbortController()
    const stop = (cause: Error) => failed.abort(cause)
    sink.once("error", stop)
    await once(sink, "drain", { signal: failed.signal }).finally(() => sink.off("error", stop))
  }
  return bytes
}
