/** Telling our logs from other files, without changing those. */
import { closeSync, openSync, readSync, statSync } from "node:fs"
import Sqlite from "better-sqlite3"
import { LogDamaged } from "./LogErrors.ts"
import * as Migrations from "./Migrations.ts"

/** "NXUS": tells our files from other programs' SQLite files. */
export const applicationId = 0x4e585553

/**
 * Fails for a file that is not ours, or from a newer Nexus, before anything can be written to it: even opening and closing a
 * database writes, when its write-ahead log is waiting. The file's first 100 bytes tell (sqlite.org/fileformat2.html, section
 * 1.3); what the write-ahead log may have changed of them is asked through a connection that only reads.
 */
export const refuseForeign = (path: string): void => {
  const header = Buffer.alloc(100)
  const file = openSync(path, "r")
  try {
    const length = readSync(file, header, 0, 100, 0)
    if (length === 0) return
    if (length < 100 || header.toString("latin1", 0, 16) !== "SQLite format 3\0") {
      throw new LogDamaged({ path, reason: "it is not an SQLite database" })
    }
  } finally {
    closeSync(file)
  }
  const waiting = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
  // With one page, and no more in the write-ahead log, there is nothing in it but its schema, which then is empty.
  refuseOther(path, header.readUInt32BE(68), header.readUInt32BE(60), waiting || header.readUInt32BE(28) <= 1)
  if (!waiting) return
  const sqlite = new Sqlite(path, { readonly: true })
  try {
    const application = Number(sqlite.pragma("application_id", { simple: true }))
    const version = Number(sqlite.pragma("user_version", { simple: true }))
    refuseOther(path, application, version, sqlite.prepare("SELECT count(*) FROM sqlite_schema").pluck().get() === 0)
  } finally {
    sqlite.close()
  }
}

/** A new log has no application id yet, and nothing in it. */
const refuseOther = (path: string, application: number, version: number, isEmpty: boolean): void => {
  if (application === applicationId) return Migrations.refuseNewer(path, version)
  if (application !== 0 || !isEmpty) throw new LogDamaged({ path, reason: "it is a database of another program" })
}
