/** Bytes of the file itself that are not what they were: found, or without effect on what is stored. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Database from "../../src/events/Database.ts"
import { dump, tables, temptingLog, verifyFile } from "./support/tampering.ts"

let log: Awaited<ReturnType<typeof temptingLog>>
let bytes: Buffer
let sound: ReadonlyArray<unknown>
beforeAll(async () => {
  log = await temptingLog()
  bytes = readFileSync(log.path)
  sound = tables.map((table) => dump(log.sqlite, table))
})
afterAll(() => log[Symbol.dispose]())

const damaged = async (offset: number, by: number): Promise<string> => {
  // Lets the test runner have its say, in long loops.
  await setImmediate()
  const path = join(log.folder, `damaged-${offset}.db`)
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(offset) ^ by, offset)
  writeFileSync(path, copy)
  return path
}

/** Whether every value of the log's tables is still there and the same. */
const isUnchanged = (path: string): boolean => {
  const sqlite = new Sqlite(path, { readonly: true })
  try {
    tables.forEach((table, index) => expect(dump(sqlite, table)).toEqual(sound[index]))
    return true
  } catch {
    return false
  } finally {
    sqlite.close()
  }
}

const flip = fc.tuple(fc.nat({ max: 1_000_000 }), fc.integer({ min: 1, max: 255 }))

describe("one changed byte anywhere in the file", () => {
  it("is found by verification, or makes the log unreadable by name, or leaves every stored value as it was", async () => {
    await fc.assert(
      fc.asyncProperty(flip, async ([anywhere, by]) => {
        const path = await damaged(anywhere % bytes.length, by)
        const outcome = await Effect.runPromise(Effect.either(verifyFile(path)))
        if (outcome._tag === "Left" && outcome.left._tag === "LogDamaged") return
        if (outcome._tag === "Right" && !outcome.right.ok) return
        expect(isUnchanged(path)).toBe(true)
      }),
      { numRuns: 300 }
    )
  })

  it("lets the log be opened, or refuses it by name", async () => {
    await fc.assert(
      fc.asyncProperty(flip, async ([anywhere, by]) => {
        // Most of what opening looks at stands in the first pages.
        const path = await damaged(anywhere % Math.min(bytes.length, 3 * 4096), by)
        const opened = await Effect.runPromise(
          Effect.either(Effect.acquireUseRelease(Database.open(path), () => Effect.void, Database.close))
        )
        if (opened._tag === "Left") expect(["LogDamaged", "LogTooNew", "LogUnavailable"]).toContain(opened.left._tag)
      }),
      { numRuns: 150 }
    )
  })
})

describe("a page that is no page any more", () => {
  it.each(tables)("at the root of the table of %s is found, or makes the log unreadable by name", async (table) => {
    const root = Number(log.sqlite.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").pluck().get(table))
    const path = await damaged((root - 1) * Number(log.sqlite.pragma("page_size", { simple: true })), 0xff)
    const outcome = await Effect.runPromise(Effect.either(verifyFile(path)))
    if (outcome._tag === "Left") expect(outcome.left._tag).toBe("LogDamaged")
    else expect(outcome.right.ok).toBe(false)
  })
})

describe("a file that was cut short", () => {
  it("is found at whatever length", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 1_000_000 }), async (some) => {
        const length = 1 + (some % (bytes.length - 1))
        const path = join(log.folder, "short.db")
        writeFileSync(path, bytes.subarray(0, length))
        const outcome = await Effect.runPromise(Effect.either(verifyFile(path)))
        if (outcome._tag === "Left") expect(outcome.left._tag).toBe("LogDamaged")
        else expect(outcome.right.ok && !isUnchanged(path)).toBe(false)
      }),
      { numRuns: 40 }
    )
  })
})
