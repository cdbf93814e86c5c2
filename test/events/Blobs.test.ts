import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { firstDamaged, hashOf } from "../../src/events/Blobs.ts"
import type * as Blobs from "../../src/events/Blobs.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { verify } from "../../src/events/Verify.ts"
import { onLog } from "../support/log.ts"

interface Stored {
  readonly encoding: number
  readonly depth: number
  readonly size: number
}

const store = (content: Buffer, base?: Blobs.Base) =>
  Effect.gen(function* () {
    const { append, blobs } = yield* EventLog
    const blob = yield* blobs.prepare(content, base)
    yield* append([], [blob])
    return blob
  })

const rows = Effect.map(
  EventLog,
  ({ database }) =>
    database.sqlite.prepare("SELECT encoding, depth, length(data) AS size FROM blobs").all() as ReadonlyArray<Stored>
)

const roundTrip = (content: Buffer) =>
  Effect.gen(function* () {
    const { blobs } = yield* EventLog
    const { hash } = yield* store(content)
    return yield* blobs.get(hash)
  })

/** Twenty-one versions of a file of 500 lines, each with one or two lines changed, added or taken out. */
const history = (): ReadonlyArray<Buffer> => {
  const lines = Array.from({ length: 500 }, (_, n) => `  const value${n} = compute(${(n * 7919) % 1009}, "line ${n}")`)
  return Array.from({ length: 21 }, (_, turn) => {
    if (turn > 0) {
      lines[(turn * 37) % lines.length] = `  // edited in turn ${turn}: ${((turn * 104729) % 99991).toString(36)}`
      if (turn % 3 === 0) lines.splice((turn * 53) % lines.length, 1)
      if (turn % 4 === 0) lines.splice((turn * 71) % lines.length, 0, `  await added(${turn})`)
    }
    return Buffer.from(`${lines.join("\n")}\n`)
  })
}

describe("a content", () => {
  it.each([
    ["empty", Buffer.alloc(0)],
    ["of one byte", Buffer.from([0])],
    ["just too short to compress", Buffer.alloc(63, 97)],
    ["just long enough to compress", Buffer.alloc(64, 97)],
    ["of random bytes", randomBytes(5000)],
    ["of bytes that are no text", Buffer.from(Array.from({ length: 1024 }, (_, n) => n % 256))],
    ["of 20 MB", Buffer.alloc(20 * 1024 * 1024, "a line that comes again and again\n")]
  ])("%s is read back byte for byte", async (_, content) => {
    const read = await onLog(roundTrip(content))
    expect(read?.equals(content)).toBe(true)
  })

  it("of any bytes is read back byte for byte, on any base", async () => {
    const content = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
    await onLog(
      Effect.gen(function* () {
        const { blobs } = yield* EventLog
        const runtime = yield* Effect.runtime<EventLog>()
        const run = <A, E>(program: Effect.Effect<A, E, EventLog>) =>
          Effect.runPromise(Effect.provide(program, runtime))
        const law = fc.asyncProperty(content, content, async (base, above) => {
          const below = await run(store(base))
          const { hash } = await run(store(Buffer.concat([base, above]), { content: base, blob: below }))
          expect(await run(blobs.get(hash))).toEqual(Buffer.concat([base, above]))
          expect(await run(blobs.get(below.hash))).toEqual(base)
        })
        yield* Effect.promise(() => fc.assert(law, { numRuns: 100 }))
      })
    )
  })

  it("goes by the SHA-256 of its bytes", async () => {
    const { hash } = await onLog(store(Buffer.from("abc")))
    expect(hash).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  })

  it("that comes again is stored once", async () => {
    const stored = await onLog(
      Effect.gen(function* () {
        for (let n = 0; n < 3; n++) yield* store(Buffer.from("the same content ".repeat(20)))
        return yield* rows
      })
    )
    expect(stored.length).toBe(1)
  })

  it("that was never stored is not there", async () => {
    const missing = Effect.flatMap(EventLog, ({ blobs }) => blobs.get("0".repeat(64)))
    expect(await onLog(missing)).toBeUndefined()
  })

  it("that does not get smaller is kept as it is", async () => {
    const [stored] = await onLog(store(randomBytes(4000)).pipe(Effect.zipRight(rows)))
    expect(stored).toMatchObject({ encoding: 0, size: 4000 })
  })
})

describe("the versions of a file", () => {
  const storeAll = (versions: ReadonlyArray<Buffer>) =>
    Effect.gen(function* () {
      const hashes: Array<string> = []
      let base: Blobs.Base | undefined
      for (const content of versions) {
        const blob = yield* store(content, base)
        base = { content, blob }
        hashes.push(blob.hash)
      }
      return hashes
    })

  it("are each read back, when each is prepared with the one before as if that were stored for the first time", async () => {
    const versions = ["", "more\n", "still more\n", "most\n"].flatMap((end) =>
      history().map((content) => Buffer.concat([content, Buffer.from(end)]))
    )
    await onLog(
      Effect.gen(function* () {
        const { append, blobs, database } = yield* EventLog
        const deliveries: Array<ReadonlyArray<Blobs.PreparedBlob>> = []
        for (const [index, content] of versions.slice(1).entries()) {
          const before = versions[index] ?? Buffer.alloc(0)
          const was = yield* blobs.prepare(before)
          deliveries.push([was, yield* blobs.prepare(content, { content: before, blob: was })])
        }
        yield* append([], deliveries.flat())
        for (const content of versions) expect((yield* blobs.get(hashOf(content)))?.equals(content)).toBe(true)
        expect(firstDamaged(database)).toBeUndefined()
        expect(Math.max(...(yield* rows).map(({ depth }) => depth))).toBe(64)
      })
    )
  })

  it("are each read back exactly, at little cost an edit and no great depth", async () => {
    const versions = history()
    await onLog(
      Effect.gen(function* () {
        const { blobs, database } = yield* EventLog
        const hashes = yield* storeAll(versions)
        expect(new Set(hashes).size).toBe(21)
        for (const [index, hash] of hashes.entries()) {
          const read = yield* blobs.get(hash)
          expect(read?.equals(versions[index] ?? Buffer.alloc(0))).toBe(true)
        }
        const stored = yield* rows
        expect(Math.max(...stored.map(({ depth }) => depth))).toBeLessThanOrEqual(64)
        const edits = stored.filter(({ encoding }) => encoding >= 2).map(({ size }) => size)
        expect(edits.length).toBeGreaterThanOrEqual(18)
        expect(Math.max(...edits)).toBeLessThan(1536)
        // The whole history takes less than one of its versions as it is.
        const total = stored.reduce((sum, { size }) => sum + size, 0)
        expect(total).toBeLessThan(versions[0]?.length ?? 0)
        expect(yield* verify(database)).toMatchObject({ ok: true, blobs: 21 })
      })
    )
  })

  it("rest on nothing that is not stored", async () => {
    const [before, after] = history()
    const [stored, read] = await onLog(
      Effect.gen(function* () {
        const { blobs } = yield* EventLog
        const { hash } = yield* store(after ?? Buffer.alloc(0), { content: before ?? Buffer.alloc(0) })
        return [yield* rows, yield* blobs.get(hash)] as const
      })
    )
    expect(stored).toEqual([expect.objectContaining({ encoding: 1, depth: 0 })])
    expect(read?.equals(after ?? Buffer.alloc(0))).toBe(true)
  })

  it("rest on what is stored already, without being told how", async () => {
    const [before, after] = history()
    const stored = await onLog(
      Effect.gen(function* () {
        yield* store(before ?? Buffer.alloc(0))
        yield* store(after ?? Buffer.alloc(0), { content: before ?? Buffer.alloc(0) })
        return yield* rows
      })
    )
    expect(stored.map(({ encoding, depth }) => [encoding, depth]).toSorted(([a = 0], [b = 0]) => a - b)).toEqual([
      [1, 0],
      [3, 1]
    ])
  })

  it("that are the same do not rest on themselves", async () => {
    const [content = Buffer.alloc(0)] = history()
    const blob = await onLog(
      Effect.gen(function* () {
        const { blobs } = yield* EventLog
        return yield* blobs.prepare(content, { content, blob: yield* store(content) })
      })
    )
    expect(blob).toMatchObject({ base: null, depth: 0, encoding: 1 })
  })

  it("cannot be read without their base, and say so", async () => {
    const failure = await onLog(
      Effect.gen(function* () {
        const { blobs, database } = yield* EventLog
        const [first, second] = yield* storeAll(history().slice(0, 2))
        database.sqlite.prepare("DELETE FROM blobs WHERE hash = ?").run(first)
        return yield* Effect.flip(blobs.get(second ?? ""))
      })
    )
    expect(failure).toMatchObject({ _tag: "LogDamaged", reason: expect.stringContaining("missing") })
  })
})
