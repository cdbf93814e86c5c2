import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import * as Database from "../../src/events/Database.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { append, backUp, damage, verified, withBackup } from "./support/backups.ts"
import { scratch } from "../support/log.ts"
import { run } from "./support/processes.ts"
import { onLogAt, sixtyEvents } from "./support/samples.ts"
import { verifyFile } from "./support/tampering.ts"

describe("a backup", () => {
  it("is one sound file, for its owner only, that tells what it holds", async () => {
    using folder = scratch()
    const file = join(folder.path, "nexus.bak")
    const [report, head] = await onLogAt(
      join(folder.path, "nexus.db"),
      Effect.gen(function* () {
        yield* sixtyEvents
        const log = yield* EventLog
        return [yield* backUp(file), (yield* log.head).hash] as const
      })
    )
    expect(report).toEqual({ file, events: 60, bytes: statSync(file).size, head })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await Effect.runPromise(verifyFile(file))).toMatchObject({
      ok: true,
      events: 60,
      destroyed: 1,
      blobs: 40,
      head
    })
    expect(readdirSync(folder.path).filter((name) => name.startsWith("nexus.bak"))).toEqual(["nexus.bak"])
    expect(readFileSync(file).readUInt8(18)).toBe(1)
  })

  it("can be taken while another process appends, and holds the log as of one moment", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    const backups = await onLogAt(
      path,
      Effect.gen(function* () {
        yield* sixtyEvents
        const other = yield* Effect.fork(Effect.promise(() => run("appends.ts", path, "busy", "300")))
        const reports: Array<Effect.Effect.Success<ReturnType<typeof backUp>>> = []
        while (other.unsafePoll() === null) {
          reports.push(yield* backUp(join(folder.path, `${reports.length}.bak`)))
          yield* Effect.sleep("20 millis")
        }
        expect((yield* other)?.code).toBe(0)
        return reports
      })
    )
    expect(backups.length).toBeGreaterThan(1)
    for (const { file, events, head } of backups) {
      expect(await Effect.runPromise(verifyFile(file))).toMatchObject({ ok: true, events, head })
    }
    expect(await onLogAt(path, verified)).toMatchObject({ ok: true, events: 360 })
  })

  it("is not written over a file that is there", async () => {
    using folder = scratch()
    const file = join(folder.path, "precious")
    writeFileSync(file, "precious")
    const failure = await onLogAt(join(folder.path, "nexus.db"), Effect.flip(backUp(file)))
    expect(failure).toMatchObject({ _tag: "BackupRefused", file })
    expect(readFileSync(file, "utf8")).toBe("precious")
  })

  it("of a log that does not hold together fails, and leaves nothing behind", async () => {
    using folder = scratch()
    const path = join(folder.path, "home", "nexus.db")
    await onLogAt(path, append("1", "2"))
    damage(path)
    mkdirSync(join(folder.path, "backups"))
    const failure = await onLogAt(path, Effect.flip(backUp(join(folder.path, "backups", "nexus.bak"))))
    expect(failure).toMatchObject({ _tag: "BackupBroken", problem: expect.stringContaining("event 1") })
    expect(readdirSync(join(folder.path, "backups"))).toEqual([])
  })

  it("into a folder that is not there fails by name, and leaves nothing behind", async () => {
    using folder = scratch()
    const failure = await onLogAt(
      join(folder.path, "nexus.db"),
      Effect.flip(backUp(join(folder.path, "nowhere", "nexus.bak")))
    )
    expect(failure._tag).toBe("BackupMissing")
    expect(existsSync(join(folder.path, "nowhere"))).toBe(false)
  })

  it("takes the place of one that was killed before it was whole", async () => {
    using home = await withBackup("1")
    const file = join(home.folder, "again.bak")
    writeFileSync(`${file}.unfinished`, "half a backup")
    expect(await onLogAt(home.path, backUp(file))).toMatchObject({ events: 1 })
    expect(existsSync(`${file}.unfinished`)).toBe(false)
  })
})

describe("the read-only connection that looks at a backup", () => {
  it("changes nothing, and opens nothing that is not there", async () => {
    using home = await withBackup("1")
    const before = readFileSync(home.file)
    await Effect.runPromise(verifyFile(home.file))
    expect(readFileSync(home.file).equals(before)).toBe(true)
    const failure = await Effect.runPromise(Effect.flip(Database.openReadOnly(join(home.folder, "nowhere"))))
    expect(failure).toMatchObject({ _tag: "LogUnavailable", reason: "missing" })
    expect(existsSync(join(home.folder, "nowhere"))).toBe(false)
  })
})
