/**
 * A root of a sync at the other end of an SSH connection.
 *
 * SFTP has no descriptors of folders, no second names and seconds only: between the look and the change is a moment in which a
 * write there is not noticed, and a file that keeps both its size and its time is taken for unchanged.
 */
import { createHash } from "node:crypto"
import { PassThrough } from "node:stream"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { FileFailed, Sftp } from "../../../app/ports/Sftp.ts"
import { type Rescued, type Seen, SideFailed, type SyncSide, type Taken } from "../../../app/ports/SyncSide.ts"
import { parentOf, sameEntry, type SideName } from "../../../domain/sync/Entry.ts"
import { conflictName, ownFolder } from "../../../domain/sync/Names.ts"
import { changed, failedAs, hashOf, look, pathIn, type RemoteFolder, stampOf, walk } from "./RemoteFolder.ts"

const stagingFolder = `${ownFolder}/staging`
const takenFolder = `${ownFolder}/taken`
const takenName = (path: string) => `${takenFolder}/${createHash("sha256").update(path).digest("hex").slice(0, 40)}`

/** Contents up to this many bytes are handed on whole. */
const small = 1024 * 1024

const withExecution = (mode: number, executable: boolean): number =>
  executable ? mode | 0o100 | ((mode & 0o444) >> 2) : mode & ~0o111

export interface SftpSideOptions {
  /** Has the machine there write all that it holds back; nothing unless given, since SFTP has no word for it. */
  readonly flush?: Effect.Effect<void, SideFailed>
}

/** `root`: an absolute path there. */
export const make = (
  side: SideName,
  sftp: Sftp,
  root: string,
  { flush = Effect.void }: SftpSideOptions = {}
): SyncSide => {
  const folder: RemoteFolder = { side, sftp, root }
  /** Of what was taken away in this round, if its stamp is a proof. */
  const takenStamps = new Map<string, string>()
  const at = (path: string) => pathIn(folder, path)
  const named =
    (operation: string, path: string) =>
    <A>(work: Effect.Effect<A, FileFailed | SideFailed>): Effect.Effect<A, SideFailed> =>
      Effect.mapError(work, (error) => (error._tag === "FileFailed" ? failedAs(side, operation, path)(error) : error))

  /** The root's own path may lead through links: where it led when its token was read. */
  let realRoot = root
  /** No folder above a path is a link: what is done there stays below the root. */
  const inside = (operation: string, path: string) =>
    Effect.flatMap(sftp.realPath(at(parentOf(path))), (real) =>
      real === pathIn({ ...folder, root: realRoot }, parentOf(path))
        ? Effect.void
        : changed(side, operation, path, "a folder above it is a link")
    )
  const isThere = (path: string) => Effect.map(sftp.status(at(path)), (status) => status !== undefined)
  const mustBeFree = (path: string) =>
    Effect.flatMap(isThere(path), (there) => (there ? changed(side, "put", path, "it is there already") : Effect.void))
  const folderAt = (path: string, mode: number) =>
    Effect.catchAll(sftp.makeFolder(at(path), mode), (failure) =>
      Effect.flatMap(sftp.status(at(path)), (status) =>
        status?.kind === "folder" ? Effect.void : Effect.fail<FileFailed>(failure)
      )
    )
  const ownFolders = Effect.gen(function* () {
    for (const path of [ownFolder, stagingFolder, takenFolder]) yield* folderAt(path, 0o700)
    if (!(yield* isThere(`${ownFolder}/.gitignore`)))
      yield* sftp.write(at(`${ownFolder}/.gitignore`), Buffer.from("*\n"))
  })

  /** Fails unless it is what was seen. */
  const check = (operation: string, path: string, expected: Seen) =>
    Effect.gen(function* () {
      yield* inside(operation, path)
      const status = yield* sftp.status(at(path))
      if (status === undefined) return yield* changed(side, operation, path, "it is gone")
      if (expected.isSettled && stampOf(status) === expected.stamp) return
      const sight = yield* look(folder, at(path), status, 0)
      if (!("entry" in sight) || !sameEntry(sight.entry, expected.entry))
        return yield* changed(side, operation, path, "it has changed since it was seen")
    })
  const place = (path: string, staged: string, expected: Seen | undefined) =>
    Effect.gen(function* () {
      if (expected === undefined) {
        yield* inside("put", path)
        yield* mustBeFree(path)
      } else yield* check("put", path, expected)
      yield* sftp.rename(at(staged), at(path))
    })

  const settleOne = ({ path, entry }: Taken): Effect.Effect<ReadonlyArray<Rescued>, FileFailed | SideFailed> =>
    Effect.gen(function* () {
      const away = takenName(path)
      const status = yield* sftp.status(at(away))
      if (status === undefined) return []
      const isAsTaken = takenStamps.get(path) === stampOf(status)
      const sight = isAsTaken ? { entry } : yield* look(folder, at(away), status, 0)
      const now = "entry" in sight ? sight.entry : undefined
      if (sameEntry(now, entry)) {
        yield* sftp.removeFile(at(away))
        return []
      }
      const parent = yield* sftp.status(at(parentOf(path)))
      const home = parent?.kind === "folder" ? path : path.replaceAll("/", "-")
      let copy = home
      for (let turn = 0; yield* isThere(copy); turn++) copy = conflictName(home, side, now ?? entry, turn)
      yield* sftp.rename(at(away), at(copy))
      return [{ path, copy }]
    })

  return {
    side,
    place: root,
    folds: Effect.gen(function* () {
      yield* ownFolders
      const name = "Fold-\u00E9"
      yield* sftp.write(at(`${stagingFolder}/${name}`), Buffer.alloc(0), { mode: 0o600 })
      const others = [name.toLowerCase(), name.normalize("NFD")].map((other) => isThere(`${stagingFolder}/${other}`))
      const found = yield* Effect.all(others)
      yield* sftp.removeFile(at(`${stagingFolder}/${name}`))
      return found.includes(true)
    }).pipe(named("look", "")),
    token: Effect.gen(function* () {
      const status = yield* Effect.flatMap(sftp.realPath(root), sftp.status).pipe(
        Effect.catchIf(
          ({ kind }) => kind === "missing",
          () => Effect.succeed(undefined)
        )
      )
      if (status?.kind !== "folder")
        return yield* new SideFailed({
          side,
          operation: "look",
          path: "",
          kind: "no-root",
          detail: `${root} is no folder`
        })
      realRoot = yield* sftp.realPath(root)
      const own = yield* sftp.status(at(ownFolder))
      const token = own?.kind === "folder" ? yield* sftp.status(at(`${ownFolder}/token`)) : undefined
      if (token?.kind !== "file") return undefined
      return (yield* sftp.read(at(`${ownFolder}/token`))).toString("utf8")
    }).pipe(named("look", "")),
    claim: (token) =>
      Effect.zipRight(ownFolders, sftp.write(at(`${ownFolder}/token`), Buffer.from(token), { mode: 0o600 })).pipe(
        named("claim", "")
      ),
    scan: (known, ignores) => Effect.zipRight(ownFolders, walk(folder, known, ignores)).pipe(named("scan", "")),
    isThere: (path) => isThere(path).pipe(named("look", path)),
    read: (path, { size }) => {
      if (size <= small) return sftp.read(at(path)).pipe(named("read", path))
      return Effect.gen(function* () {
        const sink = new PassThrough({ highWaterMark: small })
        const reading = sftp.readTo(at(path), sink).pipe(
          Effect.match({
            onFailure: (failure) => void sink.destroy(failedAs(side, "read", path)(failure)),
            onSuccess: () => void sink.end()
          })
        )
        yield* Effect.forkDaemon(reading)
        return sink
      })
    },
    stagedNames: Effect.map(sftp.list(at(stagingFolder)), (entries) => new Set(entries.map(({ name }) => name))).pipe(
      named("look", "")
    ),
    staged: (name) =>
      Effect.gen(function* () {
        const path = `${stagingFolder}/${name}`
        return (yield* isThere(path)) ? yield* hashOf(sftp, at(path)) : undefined
      }).pipe(named("look", name)),
    stage: (name, content) =>
      sftp.write(at(`${stagingFolder}/${name}`), content, { mode: 0o600 }).pipe(named("stage", name)),
    putFile: ({ path, expected, staged, entry, mode }) => {
      const made = withExecution(expected?.entry.kind === "file" ? expected.mode : mode, entry.executable)
      return Effect.zipRight(
        sftp.changeMode(at(`${stagingFolder}/${staged}`), made),
        place(path, `${stagingFolder}/${staged}`, expected)
      ).pipe(named("put", path))
    },
    putLink: ({ path, expected, entry }) => {
      const staged = `${stagingFolder}/link`
      return Effect.gen(function* () {
        if (yield* isThere(staged)) yield* sftp.removeFile(at(staged))
        yield* sftp.makeLink(entry.target, at(staged))
        yield* place(path, staged, expected)
      }).pipe(named("put", path))
    },
    makeFolder: (path, mode) =>
      Effect.zipRight(inside("make", path), folderAt(path, mode | 0o700)).pipe(named("make", path)),
    changeMode: ({ path, expected, entry }) =>
      expected === undefined
        ? changed(side, "change", path, "it is gone")
        : Effect.zipRight(
            check("change", path, expected),
            sftp.changeMode(at(path), withExecution(expected.mode, entry.executable))
          ).pipe(named("change", path)),
    remove: ({ path, expected }) =>
      Effect.gen(function* () {
        if (expected.entry.kind === "folder") {
          yield* inside("remove", path)
          if ((yield* sftp.list(at(path))).length > 0) return yield* changed(side, "remove", path, "it is not empty")
          return yield* sftp.removeFolder(at(path))
        }
        yield* check("remove", path, expected)
        if (expected.isSettled) takenStamps.set(path, expected.stamp)
        yield* sftp.rename(at(path), at(takenName(path)))
      }).pipe(named("remove", path)),
    settle: (taken) =>
      Effect.zipRight(
        ownFolders,
        Effect.map(Effect.forEach(taken, settleOne), (rescued) => {
          takenStamps.clear()
          return rescued.flat()
        })
      ).pipe(named("settle", "")),
    clear: Effect.flatMap(sftp.list(at(stagingFolder)), (entries) =>
      Effect.forEach(entries, ({ name }) => sftp.removeFile(at(`${stagingFolder}/${name}`)), { discard: true })
    ).pipe(named("clear", "")),
    flush,
    hints: () => Stream.never
  }
}
