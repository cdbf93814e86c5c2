/** What SQLite and the file system throw, in the words of the port. */
import { statfsSync } from "node:fs"
import * as Effect from "effect/Effect"
import { TreeDamaged, type TreeFailure, TreeStoreFailed } from "../../app/ports/TreeStore.ts"

/** Runs what throws; a mistake of ours stays a defect. */
export const attempt = <A>(operation: string, path: string, body: () => A): Effect.Effect<A, TreeFailure> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(body())
    } catch (cause) {
      const failure = failureOf(operation, path, cause)
      return failure === undefined ? Effect.die(cause) : Effect.fail(failure)
    }
  })

/** Undefined for what is a mistake in our own code. */
export const failureOf = (operation: string, path: string, cause: unknown): TreeFailure | undefined => {
  if (cause instanceof TreeDamaged || cause instanceof TreeStoreFailed) return cause
  if (!(cause instanceof Error && "code" in cause && typeof cause.code === "string")) return undefined
  const { code, message } = cause
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code) || /malformed|no such (table|column)/.test(message))
    return new TreeDamaged({ hash: "store", detail: `the store itself is damaged: ${message}` })
  return new TreeStoreFailed({ operation, path, detail: message, advice: adviceFor(code, path) })
}

const adviceFor = (code: string, path: string): string => {
  if (/FULL|ENOSPC|EDQUOT/.test(code) || (code.startsWith("SQLITE_IOERR") && isFull(path)))
    return "The disk is full: make room, or delete checkpoints, and try again"
  if (/BUSY|LOCKED/.test(code)) return "Another Nexus process is at work in the store: try again when it is done"
  if (/READONLY|EROFS|EACCES|EPERM|CANTOPEN/.test(code)) return "See to it that you may write there"
  return "Nothing was changed; see to the cause and try again"
}

/** SQLite calls it an I/O error when there is no room for its shared memory. */
const isFull = (folder: string): boolean => {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize < 1024 * 1024
  } catch {
    return false
  }
}

export const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : ""
