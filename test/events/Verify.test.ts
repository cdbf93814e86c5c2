import { copyFileSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Chain from "../../src/events/Chain.ts"
import * as Database from "../../src/events/Database.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { verify, type VerifyOptions } from "../../src/events/Verify.ts"
import { scratch } from "../support/log.ts"
import { commit, onLogAt, sixtyEvents } from "./support/samples.ts"
import { dump, firstUse, sql, temptingLog, verifyAfter, verifyFile } from "./support/tampering.ts"

let log: Awaited<ReturnType<typeof temptingLog>>
beforeAll(async () => {
  log = await temptingLog()
})
afterAll(() => log[Symbol.dispose]())

const check = (options?: VerifyOptions) => Effect.runPromise(verifyFile(log.path, options))

describe("a sound log", () => {
  it("verifies as a whole, with its contents and the payload that was destroyed", async () => {
    const head = log.sqlite.prepare("SELECT hash FROM events WHERE position = 60").pluck().get()
    const expected = { ok: true, from: 1, to: 60, events: 60, destroyed: 1, blobs: 40, head, finding: null }
    expect(await check()).toEqual(expected)
  })

  it("verifies in any part", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 70 }), async (from, more) => {
        const to = Math.min(60, from + more)
        expect(await check({ from, to: from + more })).toMatchObject({ ok: true, from, to, events: to - from + 1 })
      }),
      { numRuns: 40 }
    )
    expect(await check({ from: 31 })).toMatchObject({ ok: true, events: 30 })
    expect(await check({ to: 30 })).toMatchObject({ ok: true, events: 30 })
  })

  it("verifies when it is empty", async () => {
    using folder = scratch()
    const program = Effect.flatMap(EventLog, ({ database }) => verify(database))
    const verification = await onLogAt(join(folder.path, "nexus.db"), program)
    expect(verification).toMatchObject({ ok: true, events: 0, head: Chain.genesis, finding: null })
  })

  it("verifies while others append to it", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    await onLogAt(path, sixtyEvents)
    const verification = await onLogAt(
      path,
      Effect.gen(function* () {
        const { database, append } = yield* EventLog
        // Told between two pages: the moment at which another process can come between.
        return yield* verify(database, { progress: () => void Effect.runSync(append([commit("other", ["new"])])) })
      })
    )
    expect(verification).toMatchObject({ ok: true, finding: null })
    expect(verification.events).toBeGreaterThanOrEqual(60)
  })

  it("tells how far it is", async () => {
    const seen: Array<readonly [number, number]> = []
    await check({ progress: (done, total) => seen.push([done, total]) })
    expect(seen.at(-1)).toEqual([60, 60])
  })
})

describe("a log that lost, gained or reordered something", () => {
  const position = fc.integer({ min: 1, max: 60 })

  it("without any one of its events is found at that event", async () => {
    for (let p = 1; p <= 60; p++) {
      const found = await verifyAfter(log.path, sql(`DELETE FROM events WHERE position = ${p}`))
      expect(found?.finding?.position).toBe(p)
    }
  })

  it("without any one of its names is found at the name's first event", async () => {
    for (const { id } of dump(log.sqlite, "names")) {
      const expected = firstUse(log.sqlite, id)
      const found = await verifyAfter(log.path, sql(`DELETE FROM names WHERE id = ${String(id)}`))
      expect(found?.finding?.position).toBe(expected)
    }
  })

  it("without its recorded heads is found", async () => {
    expect(await verifyAfter(log.path, sql("DELETE FROM heads"))).toMatchObject({ ok: false })
  })

  it("without any one of the contents that its events refer to is found", async () => {
    const referred = log.sqlite
      .prepare("SELECT payload ->> '$.after.blob' FROM events WHERE payload ->> '$.after.blob' IS NOT NULL")
      .pluck()
      .all()
    expect(referred.length).toBeGreaterThan(15)
    for (const hash of referred) {
      const found = await verifyAfter(log.path, sql(`DELETE FROM blobs WHERE hash = '${String(hash)}'`))
      expect(found?.ok).toBe(false)
    }
  })

  it("with two events in each other's place is found at the first of them", async () => {
    await fc.assert(
      fc.asyncProperty(position, position, async (one, other) => {
        fc.pre(one !== other)
        const swap = sql(`UPDATE events SET position = -1 WHERE position = ${one};
          UPDATE events SET position = ${one} WHERE position = ${other};
          UPDATE events SET position = ${other} WHERE position = -1`)
        const found = await verifyAfter(log.path, swap)
        expect(found?.finding?.position).toBe(Math.min(one, other))
      }),
      { numRuns: 60 }
    )
  })

  it("with the payloads of two events exchanged is found at the first of them", async () => {
    const swap = sql(`UPDATE events SET (salt, payload) = (SELECT salt, payload FROM events AS other
      WHERE other.position = CASE events.position WHEN 20 THEN 44 ELSE 20 END) WHERE position IN (20, 44)`)
    expect((await verifyAfter(log.path, swap))?.finding?.position).toBe(20)
  })

  it("with an event put in anywhere is found there", async () => {
    await fc.assert(
      fc.asyncProperty(position, async (p) => {
        const found = await verifyAfter(
          log.path,
          sql(`UPDATE events SET position = -position WHERE position > ${p};
            UPDATE events SET position = 1 - position WHERE position < 0;
            CREATE TEMP TABLE forged AS SELECT * FROM events WHERE position = ${p};
            UPDATE forged SET position = position + 1, id = 'forged', version = version + 1000, hash = 'f';
            INSERT INTO events SELECT * FROM forged; DROP TABLE forged`)
        )
        expect(found?.finding?.position).toBe(p + 1)
      }),
      { numRuns: 40 }
    )
  })

  it("with a well-made event added at its end is found, since the recorded head is not there", async () => {
    const add = sql(`CREATE TEMP TABLE forged AS SELECT * FROM events WHERE position = 60;
      UPDATE forged SET position = 61, seq = 61, id = 'forged', version = version + 1`)
    const found = await verifyAfter(log.path, (sqlite) => {
      add(sqlite)
      const row = sqlite.prepare("SELECT * FROM forged").get() as Record<string, string & number>
      const text = (id: unknown) => String(sqlite.prepare("SELECT name FROM names WHERE id = ?").pluck().get(id))
      const header = Chain.headerText({
        id: "forged",
        device: text(row["origin"]),
        seq: 61,
        hlc: { ms: row["hlc_ms"] ?? 0, count: row["hlc_count"] ?? 0 },
        seen: "",
        stream: text(row["stream"]),
        version: row["version"] ?? 0,
        type: text(row["type"]),
        schema: 1,
        time: row["time"] ?? 0,
        project: null,
        actorText: text(row["actor"]),
        correlation: null,
        causation: null,
        key: null
      })
      const forged = Chain.eventHash(header, row["hash"] ?? "", Chain.commitment(`${row["salt"]}${row["payload"]}`))
      sqlite.prepare("UPDATE forged SET hash = ?").run(forged)
      sqlite.exec("INSERT INTO events SELECT * FROM forged; DROP TABLE forged")
    })
    expect(found?.finding?.problem).toContain("recorded head")
  })

  it("without its tail is found at the first lost event", async () => {
    for (const kept of [0, 1, 30, 59]) {
      const found = await verifyAfter(log.path, sql(`DELETE FROM events WHERE position > ${kept}`))
      expect(found?.finding?.position).toBe(kept + 1)
    }
  })

  it("without its tail is found even when the recorded head was moved back", async () => {
    for (const kept of [1, 30, 59]) {
      for (const moved of [`position = ${kept}`, `position = ${kept}, seq = ${kept}`]) {
        const cut = `DELETE FROM events WHERE position > ${kept}; UPDATE heads SET ${moved}`
        const found = await verifyAfter(log.path, sql(cut))
        expect(found?.finding).toMatchObject({ position: kept })
      }
    }
  })
})

describe("a damaged event", () => {
  it("is found by every range that it is in, and by no other", async () => {
    const damage = sql("UPDATE events SET payload = replace(payload, 'turn', 'Turn') WHERE position = 25")
    const at = async (options: VerifyOptions) => (await verifyAfter(log.path, damage, options))?.finding?.position
    expect(await at({ to: 24 })).toBeUndefined()
    expect(await at({ to: 25 })).toBe(25)
    expect(await at({ from: 10, to: 40 })).toBe(25)
    expect(await at({ from: 25 })).toBe(25)
    expect(await at({ from: 26 })).toBeUndefined()
  })
})

describe("a damaged content", () => {
  it("is found, and leaves the connection free for other work", async () => {
    const copy = join(log.folder, "damaged.db")
    copyFileSync(log.path, copy)
    const sqlite = new Sqlite(copy)
    sqlite.exec("UPDATE blobs SET data = x'00' WHERE encoding = 0")
    sqlite.close()
    const database = await Effect.runPromise(Database.openReadOnly(copy))
    expect(await Effect.runPromise(verify(database))).toMatchObject({ ok: false, finding: { position: 0 } })
    expect(() => database.sqlite.pragma("wal_checkpoint")).not.toThrow()
    expect(() => database.sqlite.close()).not.toThrow()
  })
})
