/** A root of a sync that is a folder of this machine. */
import { execFile } from "node:child_process"
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  fsyncSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import type { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { setImmediate } from "node:timers/promises"
import { promisify } from "node:util"
import * as Effect from "effect/Effect"
import { type Ignores, SideFailed, type SyncSide } from "../../../app/ports/SyncSide.ts"
import { parentOf, type SideName } from "../../../domain/sync/Entry.ts"
import { ownFolder } from "../../../domain/sync/Names.ts"
import {
  Changed,
  changeMode,
  makeFolder,
  nameOf,
  putLink,
  putStaged,
  remove,
  settle,
  stagingFolder,
  takenFolder
} from "./Change.ts"
import { hold, identityOf, OtherRoot, release, type Root, within } from "./HeldFolder.ts"
import { hintsOf } from "./Hints.ts"
import { entryAt, isAnything, openFile, ownStamp } from "./Look.ts"
import { foldsNames } from "./Folding.ts"
import { codeOf, walk } from "./Walk.ts"

/** Milliseconds after which a long walk lets others have their turn. */
const slice = 15

/** Contents up to this many bytes are handed on whole. */
const small = 1024 * 1024

/** More files than this are not flushed one by one. */
const mostFlushes = 32

export const make = (side: SideName, path: string): SyncSide => {
  const root: Root = { path }
  /** What changed since the last flush. */
  const touched = new Set<string>()
  const takenStamps = new Map<string, string>()
  const fail = (operation: string, path: string) => (cause: unknown) => sideFailed(side, root, operation, path, cause)
  const attempt = <A>(operation: string, path: string, body: () => A): Effect.Effect<A, SideFailed> =>
    Effect.try({ try: body, catch: fail(operation, path) })
  const attemptLong = <A>(operation: string, path: string, body: () => Promise<A>): Effect.Effect<A, SideFailed> =>
    Effect.tryPromise({ try: body, catch: fail(operation, path) })

  const ownFolders = () => {
    for (const folder of [ownFolder, stagingFolder, takenFolder]) makeFolder(root, folder, 0o700)
    within(root, ownFolder, (own) => {
      // git is not to show it, nor anything else that reads such files.
      if (!isAnything(own.at(".gitignore"))) writeFileSync(own.at(".gitignore"), "*\n", { mode: 0o600 })
    })
  }

  return {
    side,
    place: path,
    folds: attempt("look", "", () => {
      ownFolders()
      return within(root, stagingFolder, foldsNames)
    }),
    token: attempt("look", "", () => {
      delete root.identity
      return within(root, "", (folder) => {
        const identity = identityOf(folder.descriptor)
        const token = readToken(root)
        root.identity = identity
        return token
      })
    }),
    claim: (token) =>
      attempt("claim", "", () => {
        ownFolders()
        within(root, ownFolder, (own) => {
          writeFileSync(own.at("token.new"), token, { mode: 0o600, flush: true })
          renameSync(own.at("token.new"), own.at("token"))
          fsyncSync(own.descriptor)
        })
      }),
    scan: (known, ignores) =>
      attemptLong("scan", "", async () => {
        ownFolders()
        const walking = walk(root, known, ignores)
        let since = performance.now()
        for (;;) {
          const step = walking.next()
          if (step.done === true) return step.value
          if (performance.now() - since < slice) continue
          await setImmediate()
          since = performance.now()
        }
      }),
    isThere: (path) =>
      attempt("look", path, () => {
        try {
          return within(root, parentOf(path), (folder) => isAnything(folder.at(nameOf(path))))
        } catch (cause) {
          if (["ENOENT", "ENOTDIR", "ELOOP"].includes(codeOf(cause))) return false
          throw cause
        }
      }),
    read: (path) =>
      attempt("read", path, () =>
        within(root, parentOf(path), (folder) => {
          const file = openFile(folder.at(nameOf(path)))
          try {
            const stat = fstatSync(file)
            if (!stat.isFile()) throw new Changed("is no file any more")
            if (stat.size > small) return createReadStream("", { fd: file, highWaterMark: small })
            const content = readFileSync(file)
            closeSync(file)
            return content
          } catch (cause) {
            closeSync(file)
            throw cause
          }
        })
      ),
    stagedNames: attempt("look", "", () => within(root, stagingFolder, ({ self }) => new Set(readdirSync(self)))),
    staged: (name) =>
      attempt("look", name, () =>
        within(root, stagingFolder, (staging) => {
          const entry = entryAt(staging.at(name))
          return entry?.kind === "file" ? entry.hash : undefined
        })
      ),
    stage: (name, content) =>
      attemptLong("stage", name, async () => {
        const staging = hold(root, stagingFolder)
        try {
          const part = staging.at(`${name}.part`)
          if (Buffer.isBuffer(content)) writeFileSync(part, content, { mode: 0o600 })
          else await writeStream(content, part)
          renameSync(part, staging.at(name))
          touched.add(`${stagingFolder}/${name}`)
        } finally {
          release(staging)
        }
      }),
    putFile: ({ path, expected, staged, entry, mode }) =>
      attempt("put", path, () => {
        putStaged(root, path, staged, expected, { made: mode, executable: entry.executable })
        if (expected !== undefined) takenStamps.set(path, expected.isSettled ? ownStamp(expected.stamp) : "")
        touched.delete(`${stagingFolder}/${staged}`)
        touched.add(path)
      }),
    putLink: ({ path, expected, entry }) =>
      attempt("put", path, () => {
        putLink(root, path, entry.target, expected)
        if (expected !== undefined) takenStamps.set(path, expected.isSettled ? ownStamp(expected.stamp) : "")
        touched.add(path)
      }),
    makeFolder: (path, mode) =>
      attempt("make", path, () => {
        makeFolder(root, path, mode)
        touched.add(path)
      }),
    changeMode: ({ path, expected, entry }) =>
      attempt("change", path, () => {
        if (expected === undefined) throw new Changed("is gone")
        changeMode(root, path, entry.executable, expected)
        touched.add(path)
      }),
    remove: ({ path, expected }) =>
      attempt("remove", path, () => {
        remove(root, path, expected)
        takenStamps.set(path, expected.isSettled ? ownStamp(expected.stamp) : "")
        touched.add(path)
      }),
    settle: (taken) =>
      attempt("settle", "", () => {
        ownFolders()
        const rescued = taken.flatMap((one) => {
          const back = settle(root, side, one, (own) => takenStamps.get(one.path) === own)
          return back === undefined ? [] : [back]
        })
        takenStamps.clear()
        return rescued
      }),
    clear: attempt("clear", "", () =>
      within(root, stagingFolder, (staging) => {
        for (const name of readdirSync(staging.self)) rmSync(staging.at(name), { force: true })
      })
    ),
    flush: attemptLong("flush", "", async () => {
      const paths = [...touched]
      if (paths.length > mostFlushes && (await flushFileSystem(path))) {
        touched.clear()
        return
      }
      const folders = new Set(paths.map(parentOf))
      for (const path of paths) flushFile(root, path)
      for (const path of folders) flushFolder(root, path)
      touched.clear()
    }),
    hints: (ignores: Ignores) => hintsOf(side, path, ignores)
  }
}

const readToken = (root: Root): string | undefined => {
  try {
    return within(root, ownFolder, (own) => {
      const file = openFile(own.at("token"))
      try {
        return readFileSync(file, "utf8")
      } finally {
        closeSync(file)
      }
    })
  } catch (cause) {
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(codeOf(cause))) return undefined
    throw cause
  }
}

const writeStream = async (content: Readable, path: string): Promise<void> =>
  pipeline(content, createWriteStream(path, { mode: 0o600 }))

/** All of a file system at once (syncfs(2), by coreutils' sync); false where there is no such program. */
const flushFileSystem = async (path: string): Promise<boolean> => {
  try {
    await promisify(execFile)("sync", ["-f", "--", path])
    return true
  } catch {
    return false
  }
}

const flushFile = (root: Root, path: string): void => {
  try {
    within(root, parentOf(path), (folder) => {
      const file = openFile(folder.at(nameOf(path)))
      try {
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
    })
  } catch (cause) {
    // Links have no content of their own, what was removed has none any more, and what somebody else took away is theirs.
    if (!["ENOENT", "ENOTDIR", "ELOOP", "EACCES"].includes(codeOf(cause))) throw cause
  }
}

const flushFolder = (root: Root, path: string): void => {
  try {
    within(root, path, ({ descriptor }) => fsyncSync(descriptor))
  } catch (cause) {
    if (!["ENOENT", "ENOTDIR", "ELOOP", "EACCES"].includes(codeOf(cause))) throw cause
  }
}

const changes = new Set(["ENOENT", "EEXIST", "ENOTEMPTY", "ENOTDIR", "EISDIR", "ELOOP"])

const sideFailed = (side: SideName, root: Root, operation: string, path: string, cause: unknown): SideFailed => {
  const failed = (kind: SideFailed["kind"], detail: string) => new SideFailed({ side, operation, path, kind, detail })
  if (cause instanceof Changed) return failed("changed", `it ${cause.message}`)
  if (cause instanceof OtherRoot) return failed("no-root", `another folder is at ${root.path} than before`)
  const code = codeOf(cause)
  if (path === "" && changes.has(code)) return failed("no-root", `${root.path} is no folder (${code})`)
  if (changes.has(code)) return failed("changed", `it is not as it was (${code})`)
  if (code === "ENOSPC" || code === "EDQUOT") return failed("no-space", "no space is left there")
  if (code === "EACCES" || code === "EPERM" || code === "EROFS")
    return failed("permission", `it is not allowed (${code})`)
  return failed("failed", code)
}
