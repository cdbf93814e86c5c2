import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { restore } from "../../src/events/Backup.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import type { AppendFailure } from "../../src/events/LogErrors.ts"
import { verify } from "../../src/events/Verify.ts"
import { append, backUp, damage, verified, withBackup } from "./support/backups.ts"
import { commit, details, onLogAt } from "./support/samples.ts"
import { verifyFile } from "./support/tampering.ts"

const device = Effect.map(EventLog, (log) => log.device)
const restored = (path: string, file: string, generation = "g1") => Effect.runPromise(restore(path, file, generation))
const refused = (path: string, file: string) => Effect.runPromise(Effect.flip(restore(path, file, "g1")))

/** Everything that is in a log's tables, and no more: the same content may lie in the file in different ways. */
const content = (path: string): string => {
  const sqlite = new Sqlite(path, { readonly: true })
  try {
    const tables = sqlite.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all()
    return JSON.stringify(tables.map((table) => [table, sqlite.prepare(`SELECT * FROM ${String(table)}`).all()]))
  } finally {
    sqlite.close()
  }
}

describe("restoring", () => {
  it("makes the log what the backup holds, and keeps the one that was there, readable", async () => {
    using home = await withBackup("1", "2")
    await onLogAt(home.path, append("3"))
    const report = await restored(home.path, home.file)
    expect(report).toMatchObject({ events: 2, kept: expect.stringContaining("before-restore") })
    expect(await onLogAt(home.path, details())).toEqual(["1", "2"])
    expect(await onLogAt(report.kept ?? "", details())).toEqual(["1", "2", "3"])
    expect(await onLogAt(report.kept ?? "", verified)).toMatchObject({ ok: true, events: 3 })
    expect(statSync(home.path).mode & 0o777).toBe(0o600)
    expect(statSync(report.kept ?? "").mode & 0o777).toBe(0o600)
    expect(existsSync(`${home.path}.incoming`)).toBe(false)
    expect(await Effect.runPromise(verifyFile(home.file))).toMatchObject({ ok: true, events: 2 })
  })

  it("goes on under a new device id, and both histories verify, one after the other", async () => {
    using home = await withBackup("1", "2")
    const before = await onLogAt(home.path, device)
    const devices = [before]
    for (const turn of [1, 2]) {
      await restored(home.path, home.file, `generation ${turn}`)
      devices.push(await onLogAt(home.path, append(`after ${turn}`, "more").pipe(Effect.zipRight(device))))
      expect(await onLogAt(home.path, details())).toEqual(["1", "2", `after ${turn}`, "more"])
    }
    // A backup of the restored log, restored once more: three origins in one log.
    const second = join(home.folder, "second.bak")
    await onLogAt(home.path, backUp(second))
    await restored(home.path, second, "generation 3")
    const events = await onLogAt(
      home.path,
      Effect.gen(function* () {
        yield* append("third")
        expect(yield* verified).toMatchObject({ ok: true, events: 5 })
        for (const from of [1, 2, 3, 4, 5]) {
          const { database } = yield* EventLog
          expect(yield* verify(database, { from })).toMatchObject({ ok: true, events: 6 - from })
        }
        const log = yield* EventLog
        return yield* log.page({}, 10)
      })
    )
    expect(new Set(devices).size).toBe(3)
    expect(events.map(({ position, seq, version }) => [position, seq, version])).toEqual([
      [1, 1, 1],
      [2, 2, 2],
      [3, 1, 3],
      [4, 2, 4],
      [5, 1, 5]
    ])
    expect(new Set(events.map((event) => event.device)).size).toBe(3)
  })

  it("finds two events of different devices that were exchanged", async () => {
    using home = await withBackup("1", "2")
    await restored(home.path, home.file)
    await onLogAt(home.path, append("3", "4"))
    const sqlite = new Sqlite(home.path)
    sqlite.exec(`DROP TRIGGER events_keep; UPDATE events SET position = -1 WHERE position = 2;
      UPDATE events SET position = 2 WHERE position = 3; UPDATE events SET position = 3 WHERE position = -1`)
    sqlite.close()
    expect(await onLogAt(home.path, verified)).toMatchObject({ ok: false })
  })

  it("works where there is no log yet, nor a folder for it", async () => {
    using home = await withBackup("1")
    const path = join(home.folder, "new", "home", "nexus.db")
    expect(await restored(path, home.file)).toMatchObject({ events: 1, kept: null })
    expect(await onLogAt(path, append("2").pipe(Effect.zipRight(details())))).toEqual(["1", "2"])
    expect(readdirSync(join(home.folder, "new", "home")).filter((name) => /incoming|before/.test(name))).toEqual([])
  })

  it.each([
    ["text", "this was a log once\n".repeat(300)],
    ["a few bytes", "short"],
    ["nothing", ""]
  ])("puts aside a log that is only %s", async (_, garbage) => {
    using home = await withBackup("1")
    const path = join(home.folder, "broken.db")
    writeFileSync(path, garbage)
    const { kept } = await restored(path, home.file)
    if (garbage !== "") expect(readFileSync(kept ?? "", "utf8")).toBe(garbage)
    expect(await onLogAt(path, append("2").pipe(Effect.zipRight(details())))).toEqual(["1", "2"])
    expect(await onLogAt(path, verified)).toMatchObject({ ok: true, events: 2 })
  })

  it("puts aside a log whose pages are damaged", async () => {
    using home = await withBackup("1")
    const bytes = readFileSync(home.path)
    bytes.fill(0xff, 4096, 8 * 4096)
    writeFileSync(home.path, bytes)
    await restored(home.path, home.file)
    expect(await onLogAt(home.path, verified)).toMatchObject({ ok: true, events: 1 })
  })

  it.each<readonly [string, (file: string) => void]>([
    ["that was tampered with", damage],
    ["that is no database", (file) => writeFileSync(file, "not a log\n".repeat(100))],
    ["that is empty", (file) => writeFileSync(file, "")],
    ["of another program", (file) => foreign(file)],
    ["that lost a page", (file) => writeFileSync(file, readFileSync(file).subarray(0, -4096))]
  ])("a backup %s is refused, and the log is as it was", async (_, spoil) => {
    using home = await withBackup("1", "2")
    const spoiled = join(home.folder, "spoiled.bak")
    copyFileSync(home.file, spoiled)
    spoil(spoiled)
    await onLogAt(home.path, append("3"))
    const before = [content(home.path), readdirSync(home.folder).toSorted()]
    const failure = await refused(home.path, spoiled)
    expect(["BackupBroken", "LogDamaged", "BackupMissing"]).toContain(failure._tag)
    expect(failure.message).toContain(spoiled)
    expect([content(home.path), readdirSync(home.folder).toSorted()]).toEqual(before)
    expect(await onLogAt(home.path, append("4").pipe(Effect.zipRight(details())))).toEqual(["1", "2", "3", "4"])
  })

  const foreign = (file: string): void => {
    writeFileSync(file, "")
    const sqlite = new Sqlite(file)
    sqlite.exec("CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')")
    sqlite.close()
  }

  it("from a file that is not there is refused", async () => {
    using home = await withBackup("1")
    expect(await refused(home.path, join(home.folder, "nowhere"))).toMatchObject({ _tag: "BackupMissing" })
    expect(await onLogAt(home.path, details())).toEqual(["1"])
  })

  it("from a backup of a newer Nexus is refused, and the log is as it was", async () => {
    using home = await withBackup("1")
    const sqlite = new Sqlite(home.file)
    sqlite.pragma("user_version = 99")
    sqlite.close()
    const before = content(home.path)
    expect(await refused(home.path, home.file)).toMatchObject({ _tag: "LogTooNew", found: 99 })
    expect(content(home.path)).toBe(before)
  })
})

describe("a process that has the log open while it is restored", () => {
  const during = (prepare: Effect.Effect<unknown, AppendFailure, EventLog>) =>
    Effect.gen(function* () {
      using home = yield* Effect.promise(() => withBackup("1"))
      const { path, file } = home
      yield* Effect.promise(() =>
        onLogAt(
          path,
          Effect.gen(function* () {
            yield* Effect.orDie(prepare)
            yield* Effect.promise(() => restored(path, file))
            const failure = yield* Effect.flip(append("into the wrong history"))
            expect(failure).toMatchObject({ _tag: "LogReplaced", path })
          })
        )
      )
      const events = yield* Effect.promise(() => onLogAt(path, append("after").pipe(Effect.zipRight(details()))))
      expect(events).toEqual(["1", "after"])
      expect(yield* Effect.promise(() => onLogAt(path, verified))).toMatchObject({ ok: true, events: 2 })
    }).pipe(Effect.runPromise)

  it("cannot append into the wrong history when it had appended before", () => during(append("2")))

  it("cannot append into the wrong history when it had only read before", () => during(details()))

  it("reads the restored log with its right names or not at all, never with those it remembers", async () => {
    using home = await withBackup("1")
    const read = await onLogAt(
      home.path,
      Effect.gen(function* () {
        const log = yield* EventLog
        yield* log.append([commit("old stream", ["2"], { project: "old project" })])
        yield* log.page({}, 10)
        yield* Effect.promise(() => restored(home.path, home.file))
        yield* Effect.promise(() =>
          onLogAt(
            home.path,
            Effect.flatMap(EventLog, (other) => other.append([commit("new stream", ["2"], { project: "new project" })]))
          )
        )
        return yield* Effect.either(log.page({}, 10))
      })
    )
    if (read._tag === "Left") expect(read.left._tag).toBe("LogReplaced")
    else expect(read.right.map(({ stream }) => stream)).toEqual(["s", "new stream"])
  })

  it("waits for a writer that is in the middle of its transaction", async () => {
    using home = await withBackup("1")
    const writer = new Sqlite(home.path)
    writer.exec("BEGIN IMMEDIATE")
    const restoring = restored(home.path, home.file)
    await new Promise((resolve) => setTimeout(resolve, 150))
    writer.exec("COMMIT")
    writer.close()
    expect(await restoring).toMatchObject({ events: 1 })
    expect(await onLogAt(home.path, verified)).toMatchObject({ ok: true })
  })
})
