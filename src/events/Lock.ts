/** Something that only one process at a time may do, by a file that stands for it. */
import { closeSync, mkdirSync, openSync } from "node:fs"
import { dirname } from "node:path"
import Sqlite from "better-sqlite3"

export interface Lock {
  readonly release: () => void
}

/**
 * A transaction that stays open: the operating system ends it with the process, however that ends. Undefined at once when another
 * process has it. Thrown: that the file can't be used.
 */
export const takeLock = (path: string): Lock | undefined => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, "a", 0o600))
  const held = new Sqlite(path, { timeout: 0 })
  try {
    held.exec("begin exclusive")
    return { release: () => held.close() }
  } catch (cause) {
    held.close()
    if (cause instanceof Sqlite.SqliteError && cause.code.startsWith("SQLITE_BUSY")) return undefined
    throw cause
  }
}
