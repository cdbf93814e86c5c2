/** The store itself: archives, files for other machines, cleaning, and what is damaged. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { collect } from "../../../src/adapters/trees/Collect.ts"
import * as Store from "../../../src/adapters/trees/Store.ts"
import { put } from "../../support/cli.ts"
import { all, snapshot, stage, type Stage } from "./stage.ts"

/** Everything that nothing needs, however young. */
const cleaned = (world: Stage, kept: ReadonlyArray<string>): number => {
  const store = Store.open(world.store)
  try {
    return collect(store, kept, Date.now() + 1, 0)
  } finally {
    store.close()
  }
}

const fill = (folder: string, mark: string): void => {
  for (let index = 0; index < 40; index++) put(join(folder, `d${index % 5}/${index}`), `${mark} ${index}\n`.repeat(200))
  put(join(folder, "long"), Buffer.alloc(2_500_000, mark))
}

describe("the store", () => {
  it("is for its owner only", async () => {
    await using world = stage()
    fill(world.folder("a"), "x")
    await world.trees.keepFiles(world.folder("a"), all)
    put(join(world.root, "archive"), "archive")
    await world.trees.keepArchive(join(world.root, "archive"))
    expect(statSync(world.store).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(world.store, { recursive: true, encoding: "utf8" })) {
      const stat = statSync(join(world.store, name))
      if (stat.isDirectory()) expect(stat.mode & 0o777).toBe(0o700)
      else if (!name.startsWith("archives")) expect(stat.mode & 0o777).toBe(0o600)
    }
  })

  it("drops what is not needed and nothing else", async () => {
    await using world = stage()
    const folder = world.folder("a")
    const hashes: Array<string> = []
    for (const mark of ["x", "y", "z"]) {
      fill(folder, mark)
      hashes.push((await world.trees.keepFiles(folder, all)).hash)
    }
    expect(await world.trees.collect([])).toBe(0)
    for (const hash of hashes) await world.trees.check(hash)
    expect(cleaned(world, [hashes[1] ?? ""])).toBeGreaterThan(0)
    await world.trees.check(hashes[1] ?? "")
    await expect(world.trees.check(hashes[0] ?? "")).rejects.toThrow(/not in the store/)
    // What was seen before counts on objects that are gone: they are put there again.
    for (const trees of [world.trees, world.another()]) {
      const again = await trees.keepFiles(folder, all)
      expect(again.hash).toBe(hashes[2])
      await trees.check(again.hash)
      cleaned(world, [])
    }
    expect(
      await world.another().restoreFiles((await world.trees.keepFiles(folder, all)).hash, join(world.root, "copy"))
    ).toEqual([])
  })

  it("keeps archives once, gives them out verified, and notices when one is not what it was", async () => {
    await using world = stage()
    const archive = join(world.root, "delta.tar")
    writeFileSync(archive, Buffer.alloc(3_000_000, "tar"))
    const kept = await world.trees.keepArchive(archive)
    expect(kept).toMatchObject({ bytes: 3_000_000, addedBytes: 3_000_000 })
    rmSync(archive)
    writeFileSync(archive, Buffer.alloc(3_000_000, "tar"))
    expect(await world.trees.keepArchive(archive)).toEqual({ ...kept, addedBytes: 0 })
    expect(await world.trees.keepArchive(archive, kept)).toEqual({ ...kept, addedBytes: 0 })
    await expect(world.trees.keepArchive(archive, { ...kept, bytes: 2_999_999 })).rejects.toThrow(/3000000 bytes/)
    await world.trees.archive(kept.hash, join(world.root, "out"))
    expect(readFileSync(join(world.root, "out")).equals(readFileSync(archive))).toBe(true)
    expect(readdirSync(join(world.store, "archives"))).toHaveLength(1)
    const [name = ""] = readdirSync(join(world.store, "archives"))
    writeFileSync(join(world.store, "archives", name), "damaged")
    await expect(world.trees.check(kept.hash)).rejects.toThrow(/not what it was/)
    rmSync(join(world.root, "out"))
    await expect(world.trees.archive(kept.hash, join(world.root, "out"))).rejects.toThrow(/not what it was/)
    expect(existsSync(join(world.root, "out"))).toBe(false)
    expect((await world.trees.keepArchive(archive)).addedBytes).toBe(3_000_000)
    await world.trees.check(kept.hash)
    cleaned(world, [])
    expect(readdirSync(join(world.store, "archives"))).toEqual([])
  })

  it("goes into one file and out of it on another machine, verified", async () => {
    await using world = stage()
    await using other = stage()
    const folder = world.folder("a")
    fill(folder, "x")
    const first = await world.trees.keepFiles(folder, all)
    fill(folder, "y")
    const second = await world.trees.keepFiles(folder, all)
    put(join(world.root, "delta"), "delta")
    const archive = await world.trees.keepArchive(join(world.root, "delta"))
    const packed = join(world.root, "checkpoint.nexus")
    const hashes = [first.hash, second.hash, archive.hash]
    await world.trees.pack(hashes, packed)
    expect(statSync(packed).mode & 0o777).toBe(0o600)
    expect(await other.trees.unpack(packed)).toEqual(hashes)
    for (const hash of hashes) await other.trees.check(hash)
    const copy = join(other.root, "copy")
    expect(await other.trees.restoreFiles(second.hash, copy)).toEqual([])
    expect(snapshot(copy)).toEqual(snapshot(folder))
    await expect(world.trees.pack(["0".repeat(64)], join(world.root, "none"))).rejects.toThrow(/not in the store/)
    expect(existsSync(join(world.root, "none"))).toBe(false)
  })

  it("takes nothing from a file of which any byte is another or missing", async () => {
    await using world = stage()
    const folder = world.folder("a")
    put(join(folder, "f"), "content")
    const kept = await world.trees.keepFiles(folder, all)
    const packed = join(world.root, "packed")
    await world.trees.pack([kept.hash], packed)
    const sound = readFileSync(packed)
    await using other = stage()
    const bad = join(other.root, "bad")
    await fc.assert(
      fc.asyncProperty(
        fc.nat(sound.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, flip, cut) => {
          const bytes = Buffer.from(sound)
          bytes[at] = (bytes[at] ?? 0) ^ flip
          writeFileSync(bad, cut ? sound.subarray(0, at) : bytes)
          await expect(other.trees.unpack(bad)).rejects.toThrow(/cannot be used/)
          await expect(other.trees.check(kept.hash)).rejects.toThrow(/not in the store/)
        }
      ),
      { numRuns: 40 }
    )
  })

  it(
    "finds every object and pack that is damaged or gone, and changes nothing then",
    { timeout: 120_000 },
    async () => {
      await using world = stage()
      const folder = world.folder("a")
      for (let index = 0; index < 12; index++) put(join(folder, `d${index % 3}/${index}`), String(index).repeat(9000))
      put(join(folder, "long"), Buffer.alloc(2_100_000, "long"))
      const kept = await world.trees.keepFiles(folder, all)
      const sqlite = new Sqlite(join(world.store, "trees.db"))
      const packs = sqlite.prepare("SELECT id, data FROM packs").all() as ReadonlyArray<{ id: number; data: Buffer }>
      const objects = sqlite.prepare("SELECT hash, pack, start, bytes FROM objects").all() as ReadonlyArray<any>
      expect(packs.length).toBeGreaterThan(3)
      for (const name of ["d0", "d1", "d2", "long"]) rmSync(join(folder, name), { recursive: true })
      const before = snapshot(folder)
      const isFound = async () => {
        await expect(world.another().check(kept.hash)).rejects.toThrow(/cannot be used/)
        await expect(world.another().restoreFiles(kept.hash, folder)).rejects.toThrow(/cannot be used/)
        expect(snapshot(folder)).toEqual(before)
      }
      const write = sqlite.prepare("UPDATE packs SET data = ? WHERE id = ?")
      for (const { id, data } of packs) {
        const flipped = Buffer.from(data)
        flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] ?? 0) ^ 1
        for (const bad of [flipped, data.subarray(0, data.length >> 1), Buffer.alloc(0)]) {
          write.run(bad, id)
          await isFound()
        }
        write.run(data, id)
      }
      for (const { hash, pack, start, bytes } of objects) {
        sqlite.prepare("DELETE FROM objects WHERE hash = ?").run(hash)
        await isFound()
        sqlite.prepare("INSERT INTO objects VALUES (?, ?, ?, ?)").run(hash, pack, start, bytes)
      }
      sqlite.close()
      await world.another().check(kept.hash)
      expect(await world.another().restoreFiles(kept.hash, folder)).toEqual([])
    }
  )

  it("says so when its file is no database any more", async () => {
    await using world = stage()
    put(join(world.folder("a"), "f"), "f")
    const kept = await world.trees.keepFiles(world.folder("a"), all)
    const file = join(world.store, "trees.db")
    const spoiled = stage()
    await using _ = spoiled
    put(join(spoiled.store, "trees.db"), Buffer.alloc(statSync(file).size, "no database "))
    await expect(spoiled.trees.check(kept.hash)).rejects.toThrow(/store itself is damaged/)
  })
})
