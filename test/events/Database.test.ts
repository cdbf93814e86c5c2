import { hash } from "node:crypto"
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { describe, expect, it } from "vitest"
import * as Database from "../../src/events/Database.ts"
import { applicationId } from "../../src/events/Identity.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import * as Migrations from "../../src/events/Migrations.ts"
import { packageFile } from "../../src/events/PackageFile.ts"
import { scratch } from "../support/log.ts"
import { commit, details, onLogAt } from "./support/samples.ts"

const opened = <A>(path: string, look: (database: Database.Database) => A | Promise<A>): Promise<A> =>
  Effect.runPromise(
    Effect.acquireUseRelease(
      Database.open(path),
      (database) => Effect.promise(async () => look(database)),
      Database.close
    )
  )

const refusal = (path: string) => Effect.runPromise(Effect.flip(Database.open(path)))

const append = (...texts: ReadonlyArray<string>) => Effect.flatMap(EventLog, (log) => log.append([commit("s", texts)]))

/** Every file of a folder, and the SHA-256 of its bytes. */
const contents = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, hash("sha256", readFileSync(join(folder, name)))]))

const raw = (path: string, statements: string) => {
  const sqlite = new Sqlite(path)
  sqlite.exec(statements)
  sqlite.close()
}

describe("a log that is opened", () => {
  const expected = {
    journal_mode: "wal",
    synchronous: 2,
    busy_timeout: 20,
    foreign_keys: 1,
    recursive_triggers: 1,
    trusted_schema: 0,
    cell_size_check: 1,
    checkpoint_fullfsync: 1,
    wal_autocheckpoint: 1000,
    journal_size_limit: 32 * 1024 * 1024,
    mmap_size: 0,
    cache_size: -16 * 1024,
    application_id: applicationId,
    user_version: Migrations.latest
  }
  const read = ({ sqlite }: Database.Database) =>
    Object.fromEntries(Object.keys(expected).map((name) => [name, sqlite.pragma(name, { simple: true })]))

  it("has every setting that its promises rest on, the first time and every later one", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    for (let time = 0; time < 3; time++) expect(await opened(path, read)).toEqual(expected)
    // Also where another connection has it open, and where one has left other settings in the file.
    await opened(path, async () => expect(await opened(path, read)).toEqual(expected))
    raw(path, "PRAGMA journal_mode = DELETE")
    expect(await opened(path, read)).toEqual(expected)
  })

  it("runs on an SQLite that several writers cannot damage", async () => {
    using folder = scratch()
    const version = await opened(join(folder.path, "nexus.db"), ({ sqlite }) =>
      String(sqlite.prepare("SELECT sqlite_version()").pluck().get())
    )
    const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number)
    expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(3_051_003)
  })

  it("belongs to its owner alone, with its folder and what SQLite keeps beside it", async () => {
    using folder = scratch()
    const home = join(folder.path, "a", "home")
    const before = process.umask(0)
    try {
      await opened(join(home, "nexus.db"), ({ sqlite }) => {
        sqlite.exec("CREATE TABLE IF NOT EXISTS probe (x)")
        for (const name of ["nexus.db", "nexus.db-wal", "nexus.db-shm"]) {
          expect([name, statSync(join(home, name)).mode & 0o777]).toEqual([name, 0o600])
        }
      })
    } finally {
      process.umask(before)
    }
    expect(statSync(home).mode & 0o777).toBe(0o700)
  })

  it("records which migrations made it", async () => {
    using folder = scratch()
    const applied = await opened(join(folder.path, "nexus.db"), ({ sqlite }) =>
      sqlite.prepare("SELECT file FROM migrations ORDER BY number").pluck().all()
    )
    expect(applied).toEqual(Migrations.files)
    expect(applied).toEqual(readdirSync(packageFile("migrations")).toSorted())
  })

  it("gives back what was appended before it was closed", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    await onLogAt(path, append("1"))
    await onLogAt(path, append("2"))
    expect(await onLogAt(path, details())).toEqual(["1", "2"])
  })
})

describe("a file that is not a log of ours", () => {
  const foreign = "CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')"

  it.each<readonly [string, (path: string) => void]>([
    ["a text", (path) => writeFileSync(path, "Dear diary,\n".repeat(100))],
    ["a short text", (path) => writeFileSync(path, "Dear diary")],
    ["another program's database", (path) => raw(path, `PRAGMA application_id = 77; ${foreign}`)],
    ["a database of nobody's name", (path) => raw(path, foreign)],
    ["a database of nobody's name, with a version", (path) => raw(path, `PRAGMA user_version = 1; ${foreign}`)],
    ["a database of nobody's name, in WAL mode", (path) => raw(path, `PRAGMA journal_mode = WAL; ${foreign}`)]
  ])("%s, is refused and left as it was, to the byte", async (_, make) => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    make(path)
    const before = contents(folder.path)
    for (let time = 0; time < 2; time++) expect((await refusal(path))._tag).toBe("LogDamaged")
    expect(contents(folder.path)).toEqual(before)
  })

  it("but a folder, is refused by name", async () => {
    using folder = scratch()
    expect((await refusal(folder.path))._tag).toBe("LogUnavailable")
  })
})

describe("a log of a newer Nexus", () => {
  const newer = Migrations.latest + 7

  it("is refused and left as it was, to the byte", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    await onLogAt(path, append("1"))
    raw(path, `PRAGMA user_version = ${newer}`)
    const before = contents(folder.path)
    expect(await refusal(path)).toMatchObject({ _tag: "LogTooNew", found: newer, known: Migrations.latest })
    expect((await Effect.runPromise(Effect.flip(Database.openReadOnly(path))))._tag).toBe("LogTooNew")
    expect(contents(folder.path)).toEqual(before)
  })

  it("whose last commits are still in its write-ahead log is refused, and both files are left as they were", async () => {
    using folder = scratch()
    const home = join(folder.path, "home")
    const crashed = join(folder.path, "crashed")
    await onLogAt(join(home, "nexus.db"), append("1"))
    const sqlite = new Sqlite(join(home, "nexus.db"))
    sqlite.exec(`CREATE TABLE later (x); PRAGMA user_version = ${newer}`)
    // As a crash would leave it: nobody has moved the pages out of the write-ahead log.
    mkdirSync(crashed)
    for (const name of ["nexus.db", "nexus.db-wal"]) cpSync(join(home, name), join(crashed, name))
    sqlite.close()
    const before = contents(crashed)
    expect(statSync(join(crashed, "nexus.db-wal")).size).toBeGreaterThan(0)
    expect(await refusal(join(crashed, "nexus.db"))).toMatchObject({ _tag: "LogTooNew", found: newer })
    const { ["nexus.db-shm"]: _, ...after } = contents(crashed)
    expect(after).toEqual(before)
  })
})

describe("migrations", () => {
  it("that are not the ones that made the log are refused", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    await onLogAt(path, append("1"))
    raw(path, `UPDATE migrations SET sha256 = '${"0".repeat(64)}' WHERE number = 1`)
    expect(await refusal(path)).toMatchObject({ _tag: "LogDamaged", reason: expect.stringContaining("migration 1") })
  })

  it("of which one is missing in the log are refused", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    await opened(path, () => undefined)
    raw(path, `DELETE FROM migrations WHERE number = ${Migrations.latest}`)
    expect((await refusal(path))._tag).toBe("LogDamaged")
  })

  it.each<readonly [string, (path: string) => void]>([
    ["before anything was written", (path) => writeFileSync(path, "")],
    ["after the journal mode was set", (path) => raw(path, "PRAGMA journal_mode = WAL")],
    ["before its commit", (path) => raw(path, "PRAGMA journal_mode = WAL; BEGIN; CREATE TABLE names (id); ROLLBACK")]
  ])("that were interrupted %s are done by the next open", async (_, make) => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    make(path)
    await onLogAt(path, append("1"))
    expect(await onLogAt(path, details())).toEqual(["1"])
  })

  it("are done once when several processes open a new log at once", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    const all = await Promise.all(Array.from({ length: 8 }, (_, n) => onLogAt(path, append(`${n}`))))
    expect(new Set(all.flat().map(({ first }) => first))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]))
  })
})

describe("a mistake in our own code inside a transaction", () => {
  it("is not taken for a failure of the log", async () => {
    using folder = scratch()
    const exit = await opened(join(folder.path, "nexus.db"), (database) =>
      Effect.runPromise(Effect.exit(Database.immediate(database, () => void JSON.parse("{"))))
    )
    expect(Exit.isFailure(exit) && exit.cause._tag).toBe("Die")
  })
})
