/** What SQLite and the file system throw, in the words of `LogErrors`. */
import { accessSync, constants, statfsSync } from "node:fs"
import { dirname } from "node:path"
import { LogBusy, LogDamaged, type LogFailure, LogReplaced, LogTooNew, LogUnavailable } from "./LogErrors.ts"

/** SQLite's and the system's error codes in our words; undefined for what is a mistake in our own code. */
export const failureOf = (path: string, cause: unknown): LogFailure | undefined => {
  if (
    cause instanceof LogBusy ||
    cause instanceof LogDamaged ||
    cause instanceof LogTooNew ||
    cause instanceof LogReplaced ||
    cause instanceof LogUnavailable
  ) {
    return cause
  }
  if (!(cause instanceof Error && "code" in cause && typeof cause.code === "string")) return undefined
  const { code, message } = cause
  const unavailable = (reason: LogUnavailable["reason"]) => new LogUnavailable({ path, reason, detail: message })
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED") || code === "SQLITE_PROTOCOL") {
    return new LogBusy({ path, waitedMs: 0 })
  }
  // Our own statements are right: a table or column that is missing was taken out of the file.
  const incomplete = code === "SQLITE_ERROR" && /no such (table|column)|malformed|unsupported file format/.test(message)
  if (incomplete || code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") {
    return new LogDamaged({ path, reason: message })
  }
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT") return unavailable("full")
  if (code.startsWith("SQLITE_READONLY") || code === "EROFS") return unavailable("read-only")
  if (code.startsWith("SQLITE_CANTOPEN") || code === "EACCES" || code === "EPERM" || code === "SQLITE_PERM") {
    return unavailable(isReadOnly(dirname(path)) ? "read-only" : "not permitted")
  }
  if (code === "ENOENT" || code === "ENOTDIR" || code === "EEXIST" || code === "EISDIR") return unavailable("missing")
  if (code.startsWith("SQLITE_IOERR") || code === "EIO") return unavailable(isFull(dirname(path)) ? "full" : "failing")
  return undefined
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

const isReadOnly = (folder: string): boolean => {
  try {
    accessSync(folder, constants.W_OK)
    return false
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EROFS"
  }
}
