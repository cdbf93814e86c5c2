/** Any single byte of what the log's tables hold, changed behind the program's back, is found. */
import * as fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import {
  dump,
  firstUse,
  flipped,
  inLooseTable,
  overwrite,
  type TableName,
  tables,
  temptingLog,
  verifyAfter
} from "./support/tampering.ts"

let log: Awaited<ReturnType<typeof temptingLog>>
beforeAll(async () => {
  log = await temptingLog()
})
afterAll(() => log[Symbol.dispose]())

describe("one changed byte", () => {
  const byte = fc.integer({ min: 1, max: 255 })
  const columns: Readonly<Record<TableName, string>> = {
    events: `position id origin seq hlc_ms hlc_count seen stream version type schema time project actor correlation
      causation key salt payload payload_hash hash`,
    names: "id name",
    heads: "origin seq position hash hlc_ms hlc_count",
    blobs: "hash bytes encoding base depth data"
  }
  const places = tables.flatMap((table) => columns[table].split(/\s+/).map((column) => ({ table, column })))

  it("could be in any of these columns, and in no others", () => {
    const stored = tables.flatMap((table) =>
      Object.keys(dump(log.sqlite, table)[0] ?? {}).map((one) => `${table}.${one}`)
    )
    expect(places.map(({ table, column }) => `${table}.${column}`)).toEqual(stored)
  })

  // Every origin's `seen` is empty as long as there is no other one.
  const changeable = places.filter(({ column }) => column !== "seen")

  it.each(changeable.map(({ table, column }) => [`${table}.${column}`, table, column] as const))(
    "in %s is found where it is",
    async (_, table, column) => {
      const rows = dump(log.sqlite, table).filter((row) => row[column] !== null)
      let made = 0
      const property = fc.asyncProperty(fc.constantFrom(...rows), fc.nat(), byte, async (row, at, by) => {
        const value = flipped(row[column] ?? null, at, by)
        if (value === undefined) return
        const found = await verifyAfter(log.path, (sqlite) => overwrite(sqlite, table, column, row, value))
        if (found === undefined) return
        made += 1
        // Compressed bytes have some that do not matter: then the content, which was compared, is what it was.
        if (column === "data" && found.ok) return
        expect(found.ok).toBe(false)
        if (table === "events") expect(found.finding?.position).toBe(Number(row["position"]))
        if (table === "names") expect(found.finding?.position).toBe(firstUse(log.sqlite, row["id"]))
        if (table === "blobs") expect(found.finding?.problem).toContain("content")
      })
      await fc.assert(property, { numRuns: 40 })
      expect(made).toBeGreaterThan(5)
    }
  )

  it("in a content is found wherever the content would not be the same", async () => {
    const rows = dump(log.sqlite, "blobs").filter((row) => row["encoding"] === 0n)
    const property = fc.asyncProperty(fc.constantFrom(...rows), fc.nat(), byte, async (row, at, by) => {
      const value = flipped(row["data"] ?? null, at, by) ?? null
      const found = await verifyAfter(log.path, (sqlite) => overwrite(sqlite, "blobs", "data", row, value))
      expect(found?.finding?.problem).toContain(String(row["hash"]))
    })
    await fc.assert(property, { numRuns: 40 })
  })

  it.each(["id", "seen", "causation", "key", "salt", "payload"])(
    "that makes a text in events.%s binary, with the same bytes, is found",
    async (column) => {
      const row = dump(log.sqlite, "events").find((one) => one[column] !== null)
      const found = await verifyAfter(log.path, (sqlite) =>
        inLooseTable(
          sqlite,
          `UPDATE events SET ${column} = CAST(${column} AS BLOB) WHERE position = ${String(row?.["position"])}`
        )
      )
      expect(found?.finding?.position).toBe(Number(row?.["position"]))
    }
  )

  it.each(["causation", "key", "payload_hash"])(
    "that makes a missing events.%s an empty one is found",
    async (column) => {
      const row = dump(log.sqlite, "events").find((one) => one[column] === null)
      const found = await verifyAfter(log.path, (sqlite) =>
        inLooseTable(sqlite, `UPDATE events SET ${column} = '' WHERE position = ${String(row?.["position"])}`)
      )
      expect(found?.finding?.position).toBe(Number(row?.["position"]))
    }
  )
})
