/**
 * Processes are killed while they look after the log: 28 that rebuild, 24 that make a new log, 24 that back up and restore.
 * Readers never see anything half done.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { afterAll, describe, expect, it } from "vitest"
import { backup, restore } from "../../src/events/Backup.ts"
import * as Database from "../../src/events/Database.ts"
import type { RecordedEvent } from "../../src/events/Event.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { at } from "../../src/events/Home.ts"
import { verify } from "../../src/events/Verify.ts"
import { all } from "../../src/projections/all.ts"
import { digest } from "../../src/projections/Compare.ts"
import { Projections } from "../../src/projections/Projections.ts"
import { logAt, scratch } from "../support/log.ts"
import { startProgram } from "../support/processes.ts"
import { crash } from "./crashing.ts"
import { callOf, soundLog } from "./invariants.ts"
import { callsOf, commandAt } from "./programs/commands.ts"

const cache = scratch()
afterAll(() => cache[Symbol.dispose]())

const minutes = 60_000

describe("a process that is killed", () => {
  it("while it rebuilds leaves the projections whole for every reader", { timeout: 5 * minutes }, async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    await Effect.runPromise(fill.pipe(Effect.provide(logAt(path))))
    const reading = Effect.gen(function* () {
      const { database } = yield* EventLog
      const expected = yield* digests(database)
      const read = Effect.map(digests(database), (found) => expect(found).toEqual(expected))
      yield* Effect.promise(() =>
        crash("rebuild", {
          kills: 28,
          start: () => startProgram("rebuild", [path], cache.path),
          beside: async (stopped) => {
            while (!stopped()) {
              await Effect.runPromise(read)
              await pause(5)
            }
          },
          verify: () => Effect.runPromise(read)
        })
      )
    })
    await Effect.runPromise(reading.pipe(Effect.provide(logAt(path))))
    const { left, rebuilds } = await Effect.runPromise(
      Effect.gen(function* () {
        const { database } = yield* EventLog
        yield* (yield* Projections).rebuild([])
        return {
          left: database.prepare("SELECT name FROM sqlite_schema WHERE name LIKE '%\\_\\_%' ESCAPE '\\'").all(),
          rebuilds: database.prepare("SELECT * FROM projection_rebuilds").all()
        }
      }).pipe(Effect.provide(logAt(path)))
    )
    expect({ left, rebuilds }).toEqual({ left: [], rebuilds: [] })
    await soundLog(path)
  })

  it("while it makes a new log leaves one that the next one can open", { timeout: 5 * minutes }, async () => {
    using folder = scratch()
    let number = 0
    let whole = 0
    await crash("migrate", {
      kills: 24,
      counts: (line) => line.startsWith("opened"),
      start: () => startProgram("migrate", [folder.path, String(number)], cache.path),
      verify: async (steps) => {
        const appended = new Set(steps.filter((step) => step.startsWith("appended")).map((step) => step.split(" ")[1]))
        for (const home of readdirSync(folder.path)) {
          const calls = (await soundLog(join(folder.path, home, "nexus.db"))).map(callOf)
          whole += appended.has(home) ? 1 : 0
          if (appended.has(home) || calls.length > 0) expect(calls).toEqual(callsOf(0))
          rmSync(join(folder.path, home), { recursive: true })
          number = Math.max(number, Number(home) + 1)
        }
      }
    })
    expect(whole).toBeGreaterThan(0)
  })

  it("while it backs up or restores leaves no half file, and one whole history", { timeout: 5 * minutes }, async () => {
    using folder = scratch()
    const home = at(join(folder.path, "home"))
    const backups = join(folder.path, "backups")
    mkdirSync(backups)
    const histories = { long: await history(backups, "long", 300), short: await history(backups, "short", 40) }
    // What the log may be: as the last acknowledged step left it, or as the one under way would leave it.
    let base: ReadonlyArray<string> = []
    let appended: ReadonlyArray<string | undefined> = []
    let next = 1
    await crash("backup", {
      kills: 24,
      reach: 8,
      start: () => startProgram("backup", [home.path, backups, String(next)], cache.path),
      verify: async (steps) => {
        for (const step of steps) {
          expect(Number(step)).toBe(next)
          if (next % 4 === 1) appended = appended.concat(callsOf(next))
          if (next % 4 >= 2) [base, appended] = [next % 4 === 2 ? histories.long : histories.short, [undefined]]
          next += 1
        }
        const events = await soundLog(home.log)
        const was = (hashes: ReadonlyArray<string>, more: ReadonlyArray<string | undefined>) =>
          JSON.stringify(events.map(({ hash }) => hash).slice(0, hashes.length)) === JSON.stringify(hashes) &&
          JSON.stringify(events.slice(hashes.length).map(callOf)) === JSON.stringify(more)
        const step = next % 4
        const possible: ReadonlyArray<readonly [ReadonlyArray<string>, ReadonlyArray<string | undefined>]> = [
          [base, appended],
          ...(step === 1 ? [[base, appended.concat(callsOf(next))] as const] : []),
          // Restored, and recorded or not yet recorded that it was.
          ...(step === 2 ? [[histories.long, []] as const, [histories.long, [undefined]] as const] : []),
          ...(step === 3 ? [[histories.short, []] as const, [histories.short, [undefined]] as const] : [])
        ]
        const now = possible.findLast(([hashes, more]) => was(hashes, more))
        expect(now, `${events.length} events before step ${next}`).toBeDefined()
        ;[base, appended] = now ?? [base, appended]
        // An append has no key here: it is not repeated when it went through.
        if (step === 1 && now !== possible[0]) next += 1
        for (const file of readdirSync(backups)) {
          if (file.endsWith(".db")) await wholeFile(join(backups, file))
          if (file.startsWith("backup-")) rmSync(join(backups, file))
        }
        for (const file of readdirSync(home.path).filter((name) => /before-restore-[^.]*Z$/.test(name))) {
          await wholeFile(join(home.path, file))
          for (const suffix of ["", "-wal", "-shm"]) rmSync(join(home.path, file + suffix), { force: true })
        }
      }
    })
    expect(next).toBeGreaterThan(4)
    // The next restore clears up what the killed ones left.
    await Effect.runPromise(restore(home.log, join(backups, "long.db"), "last"))
    const rest = readdirSync(home.path).filter(
      (file) => !/^nexus\.db(\.head$|-wal|-shm|\.before-restore-[^.]*Z)?$/.test(file)
    )
    expect(rest).toEqual([])
  })
})

/** A log of so many commands, backed up; its hashes. */
const history = async (folder: string, name: string, commands: number): Promise<ReadonlyArray<string>> => {
  using other = scratch()
  const path = join(other.path, "nexus.db")
  const make = Effect.gen(function* () {
    const log = yield* EventLog
    yield* log.append(Array.from({ length: commands }, (_, number) => commandAt(number + 1000)).flat())
    yield* backup(log.database, join(folder, `${name}.db`))
  })
  await Effect.runPromise(make.pipe(Effect.provide(logAt(path))))
  return (await soundLog(path)).map(({ hash }: RecordedEvent) => hash)
}

/** Checks a file that bears the name of a finished copy. */
const wholeFile = async (file: string): Promise<void> => {
  const found = await Effect.runPromise(
    Effect.acquireUseRelease(Database.openReadOnly(file), (database) => verify(database), Database.close)
  )
  expect({ file, finding: found.finding }).toEqual({ file, finding: null })
}
/** 20,000 events of a few sessions. */
const fill = Effect.gen(function* () {
  const log = yield* EventLog
  let count = 0
  for (let number = 0; count < 20_000; number += 500) {
    const commits = Array.from({ length: 500 }, (_, index) => commandAt(number + index)).flat()
    count += (yield* log.append(commits)).reduce((sum, { first, last }) => sum + last - first + 1, 0)
  }
})

const digests = (database: Database.Database) =>
  Database.snapshot(database, () => all.map((projection) => digest(database, projection)))
