/** The steps that a log's tables went through, each applied once, in order, and pinned by its SHA-256. */
import { hash } from "node:crypto"
import { readFileSync } from "node:fs"
import type Sqlite from "better-sqlite3"
import { LogDamaged, LogTooNew } from "./LogErrors.ts"
import { packageFile } from "./PackageFile.ts"

/** In order, the first is number 1. */
export const files: ReadonlyArray<string> = ["0001_event_log.sql", "0002_projections.sql", "0003_workspace_samples.sql"]

export const latest = files.length

export const refuseNewer = (path: string, found: number): void => {
  if (found > latest) throw new LogTooNew({ path, found, known: latest })
}

export const isCurrent = (sqlite: Sqlite.Database): boolean => appliedVersion(sqlite) === latest

/** Applies what is missing. To be called inside one transaction: a log is never half migrated. */
export const migrate = (path: string, sqlite: Sqlite.Database, applicationId: number): void => {
  const from = appliedVersion(sqlite)
  refuseNewer(path, from)
  if (from === 0) {
    if (sqlite.prepare("SELECT count(*) FROM sqlite_schema").pluck().get() !== 0) {
      throw new LogDamaged({ path, reason: "it is a database of another program" })
    }
    sqlite.exec("CREATE TABLE migrations (number INTEGER PRIMARY KEY, file TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT")
    sqlite.pragma(`application_id = ${applicationId}`)
  }
  for (const [index, file] of files.entries()) {
    if (index < from) continue
    const sql = read(file)
    sqlite.exec(sql)
    sqlite.prepare("INSERT INTO migrations VALUES (?, ?, ?)").run(index + 1, file, hash("sha256", sql))
  }
  sqlite.pragma(`user_version = ${latest}`)
}

/** Fails when the migrations that made this log are not the ones that this Nexus knows. */
export const verify = (path: string, sqlite: Sqlite.Database): void => {
  const applied = sqlite.prepare("SELECT file, sha256 FROM migrations ORDER BY number").raw().all()
  for (const [index, file] of files.entries()) {
    const [name, sha256] = (applied[index] ?? []) as ReadonlyArray<unknown>
    if (name !== file || sha256 !== hash("sha256", read(file))) {
      throw new LogDamaged({ path, reason: `migration ${index + 1} (${file}) is not the one that made this log` })
    }
  }
}

const appliedVersion = (sqlite: Sqlite.Database): number => Number(sqlite.pragma("user_version", { simple: true }))

const read = (file: string): string => readFileSync(packageFile("migrations", file), "utf8")
