/** A folder over SFTP as a sync sees it: what is there, by stamps that have seconds only. */
import { createHash } from "node:crypto"
import { Writable } from "node:stream"
import * as Effect from "effect/Effect"
import type { FileFailed, FileStatus, Sftp } from "../../../app/ports/Sftp.ts"
import { type Ignores, type LeftOut, type Scan, type Seen, SideFailed } from "../../../app/ports/SyncSide.ts"
import type { SideName } from "../../../domain/sync/Entry.ts"
import { ownFolder, refusedName } from "../../../domain/sync/Names.ts"

/** Seconds for which a file that was just written may be written again without its time telling. */
const tick = 2

/** Folders or files that are asked for at a time. */
const atOnce = 8

export const stampOf = ({ size, modified, mode, uid }: FileStatus): string => `${size} ${modified} ${mode} ${uid}|`

export interface RemoteFolder {
  readonly side: SideName
  readonly sftp: Sftp
  readonly root: string
}

export const pathIn = ({ root }: RemoteFolder, path: string): string => (path === "" ? root : `${root}/${path}`)

const kinds: Readonly<Record<FileFailed["kind"], SideFailed["kind"]>> = {
  missing: "changed",
  exists: "changed",
  link: "changed",
  permission: "permission",
  "no-space": "no-space",
  disconnected: "disconnected",
  failed: "failed"
}

export const failedAs =
  (side: SideName, operation: string, path: string) =>
  ({ kind, detail }: FileFailed): SideFailed =>
    new SideFailed({ side, operation, path, kind: kinds[kind], detail })

export const changed = (side: SideName, operation: string, path: string, detail: string) =>
  new SideFailed({ side, operation, path, kind: "changed", detail })

/** SHA-256 of a file there, in hex. */
export const hashOf = (sftp: Sftp, path: string): Effect.Effect<string, FileFailed> =>
  Effect.suspend(() => {
    const hash = createHash("sha256")
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        hash.update(chunk)
        done()
      }
    })
    return Effect.map(sftp.readTo(path, sink), () => hash.digest("hex"))
  })

type Sight = Seen | Pick<LeftOut, "reason" | "why">

/** `now`: the time there, in seconds. */
export const look = (
  { sftp }: RemoteFolder,
  path: string,
  status: FileStatus,
  now: number,
  known?: Seen
): Effect.Effect<Sight, FileFailed> =>
  Effect.gen(function* () {
    const stamp = stampOf(status)
    const seen = { mode: status.mode & 0o777, size: status.size, stamp, isSettled: now - status.modified > tick }
    if (status.kind === "folder") return { ...seen, size: 0, entry: { kind: "folder" as const } }
    if (status.kind === "other") return { reason: "special" as const, why: "is no file" }
    if (status.kind === "link") {
      const target = yield* sftp.readLink(path)
      if (target.includes("\uFFFD"))
        return { reason: "name" as const, why: "is a link to a name that is no valid UTF-8" }
      // Its time is no proof: links are read each time.
      return { ...seen, isSettled: false, entry: { kind: "link" as const, target } }
    }
    if (known?.isSettled === true && known.stamp === stamp && known.entry.kind === "file") return known
    const hash = yield* hashOf(sftp, path)
    const after = yield* sftp.status(path)
    if (after === undefined || stampOf(after) !== stamp) return { reason: "busy" as const, why: "is being written" }
    return { ...seen, entry: { kind: "file" as const, hash, executable: (status.mode & 0o100) !== 0 } }
  })

/** The time there: that of a file that was just written. */
export const timeThere = (folder: RemoteFolder): Effect.Effect<number, FileFailed> =>
  Effect.gen(function* () {
    const probe = pathIn(folder, `${ownFolder}/time`)
    yield* folder.sftp.write(probe, Buffer.alloc(0), { mode: 0o600 })
    const status = yield* folder.sftp.status(probe)
    return status?.modified ?? 0
  })

/** All that is there. */
export const walk = (
  folder: RemoteFolder,
  known: ReadonlyMap<string, Seen>,
  ignores: Ignores
): Effect.Effect<Scan, FileFailed> =>
  Effect.gen(function* () {
    const seen = new Map<string, Seen>()
    const leftOut: Array<LeftOut> = []
    const now = yield* timeThere(folder)
    let folders: ReadonlyArray<string> = [""]
    while (folders.length > 0)
      folders = (yield* Effect.forEach(folders, (path) => oneFolder(path), { concurrency: atOnce })).flat()
    return { seen, leftOut }

    function oneFolder(path: string): Effect.Effect<ReadonlyArray<string>, FileFailed> {
      return Effect.gen(function* () {
        const entries = yield* folder.sftp.list(pathIn(folder, path)).pipe(tolerated(path, []))
        const below: Array<string> = []
        yield* Effect.forEach(
          entries,
          ({ name, ...status }) => {
            const at = path === "" ? name : `${path}/${name}`
            if (at === ownFolder) return Effect.void
            const refused = refusedName(name)
            if (refused !== undefined) return left({ path: at, reason: "name", why: refused })
            if (ignores(at, status.kind === "folder"))
              return left({ path: at, reason: "ignored", why: "is left out by the rules" })
            return look(folder, pathIn(folder, at), status, now, known.get(at)).pipe(
              Effect.map((sight): void => {
                if (!("entry" in sight)) leftOut.push({ path: at, ...sight })
                else {
                  seen.set(at, sight)
                  if (sight.entry.kind === "folder") below.push(at)
                }
              }),
              tolerated(at, undefined)
            )
          },
          { concurrency: atOnce, discard: true }
        )
        return below
      })
    }

    function left(what: LeftOut): Effect.Effect<void> {
      return Effect.sync(() => {
        leftOut.push(what)
      })
    }

    /** What comes, goes or is closed to us is left out; only the root and the connection must be there. */
    function tolerated<B>(path: string, instead: B) {
      return <A>(reading: Effect.Effect<A, FileFailed>): Effect.Effect<A | B, FileFailed> =>
        Effect.catchIf(
          reading,
          ({ kind }) => path !== "" && kind !== "disconnected",
          ({ kind, detail }) =>
            Effect.as(
              kind === "permission"
                ? left({ path, reason: "unreadable", why: `cannot be read: ${detail}` })
                : left({ path, reason: "busy", why: "is changing" }),
              instead
            )
        )
    }
  })
