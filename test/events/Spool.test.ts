import { spawnSync } from "node:child_process"
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Spool from "../../src/events/Spool.ts"
import { scratch } from "../support/log.ts"
import { run, runAll } from "./support/processes.ts"

const now = Effect.runPromise
const text = (content: string) => Buffer.from(content)
const at = (name: string, mtime = 0n) => ({ name, mtime, bytes: 1 })
const order = (...files: ReadonlyArray<ReturnType<typeof at>>) => Spool.inOrder(files).map(({ name }) => name)

describe("the order of delivery", () => {
  it("is that of the boots by their first file, and within a boot of its own clock, whatever the wall clock says", () => {
    expect(
      order(at("c.new.5.1", 90n), at("c.old.900.1", 100n), at("c.new.30.1", 70n), at("c.old.1000.1", 10n))
    ).toEqual(["c.old.900.1", "c.old.1000.1", "c.new.5.1", "c.new.30.1"])
  })

  it("is by number and not by letter", () => {
    expect(order(at("c.b.1000.1"), at("c.b.999.1"), at("c.b.20.1"))).toEqual(["c.b.20.1", "c.b.999.1", "c.b.1000.1"])
  })

  it("falls back on the time of writing, then the process, then its count", () => {
    expect(
      order(
        at("c.b.7.30.2", 5n),
        at("c.b.7.30.1", 5n),
        at("c.b.7.4.9", 5n),
        at("c.b.7.99.1", 4n),
        at("c.b.7.30.10", 5n)
      )
    ).toEqual(["c.b.7.99.1", "c.b.7.4.9", "c.b.7.30.1", "c.b.7.30.2", "c.b.7.30.10"])
  })

  it("takes names of any kind, and knows whose they are", () => {
    const [first] = Spool.inOrder([{ name: "cursor.boot.x.y", mtime: 1_500_000_000n, bytes: 7 }])
    expect(first).toEqual({ name: "cursor.boot.x.y", agent: "cursor", time: 1500, bytes: 7 })
    expect(Spool.inOrder([at("plain"), at("")]).length).toBe(2)
  })

  it("does not depend on the order in which the folder is read", () => {
    const file = fc.record({
      boot: fc.constantFrom("a", "b"),
      up: fc.nat({ max: 3 }),
      pid: fc.nat({ max: 3 }),
      more: fc.nat({ max: 3 }),
      mtime: fc.bigInt({ min: 0n, max: 3n })
    })
    const files = fc
      .uniqueArray(file, { selector: ({ boot, up, pid, more }) => `${boot}.${up}.${pid}.${more}`, maxLength: 12 })
      .map((list) => list.map(({ boot, up, pid, more, mtime }) => at(`c.${boot}.${up}.${pid}.${more}`, mtime)))
    const shuffled = files.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))
    )
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        expect(order(...other)).toEqual(order(...one))
      })
    )
  })
})

describe("the spool", () => {
  it("hands on what was delivered, byte for byte and in order, until it is removed", async () => {
    using folder = scratch()
    const spool = Spool.make(folder.path)
    const contents = [text("one"), Buffer.from([0, 255, 10, 128]), Buffer.alloc(0), Buffer.alloc(3_000_000, 120)]
    const names: Array<string> = []
    for (const content of contents) names.push(await now(spool.deliver("claude", content)))
    const list = await now(spool.list)
    expect(list.map(({ name }) => name)).toEqual(names)
    expect(list.map(({ bytes }) => bytes)).toEqual(contents.map(({ length }) => length))
    expect(list.every(({ agent, time }) => agent === "claude" && Math.abs(time - Date.now()) < 600_000)).toBe(true)
    for (const [index, name] of names.entries()) {
      expect((await now(spool.read(name)))?.equals(contents[index] ?? text("?"))).toBe(true)
    }
    await now(spool.remove(names.slice(0, 2)))
    expect((await now(spool.list)).map(({ name }) => name)).toEqual(names.slice(2))
  })

  it("keeps what it is given to its owner", async () => {
    using folder = scratch()
    const path = join(folder.path, "spool")
    const name = await now(Spool.make(path).deliver("claude", text("secret")))
    expect(statSync(join(path, "new", name)).mode & 0o777).toBe(0o600)
    for (const part of ["", "new", "tmp", "rejected"]) expect(statSync(join(path, part)).mode & 0o777).toBe(0o700)
  })

  it("that is not there is empty, and is not made by looking", async () => {
    using folder = scratch()
    const path = join(folder.path, "spool")
    const spool = Spool.make(path)
    expect(await now(spool.list)).toEqual([])
    expect(await now(spool.rejected)).toEqual([])
    expect(await now(spool.read("nothing"))).toBeUndefined()
    await now(spool.remove(["nothing"]))
    expect(existsSync(path)).toBe(false)
  })

  it("that cannot be used says so by name", async () => {
    using folder = scratch()
    const path = join(folder.path, "file")
    writeFileSync(path, "not a folder")
    const failure = await now(Effect.flip(Spool.make(path).deliver("claude", text("x"))))
    expect(failure).toMatchObject({ _tag: "SpoolUnavailable", path })
    expect((await now(Effect.flip(Spool.make(path).list)))._tag).toBe("SpoolUnavailable")
  })

  it("does not mind deliveries that are gone already", async () => {
    using folder = scratch()
    const spool = Spool.make(folder.path)
    const name = await now(spool.deliver("claude", text("x")))
    await now(spool.remove([name, name]))
    expect(await now(spool.read(name))).toBeUndefined()
    await now(spool.remove([name]))
  })

  it("passes over folders among the deliveries", async () => {
    using folder = scratch()
    const spool = Spool.make(folder.path)
    const name = await now(spool.deliver("claude", text("x")))
    mkdirSync(join(folder.path, "new", "claude.folder.1.1"))
    expect((await now(spool.list)).map((one) => one.name)).toEqual([name])
  })
})

describe("a spool that somebody else may write to", () => {
  it("gives nothing of what a link in it leads to", async () => {
    using folder = scratch()
    const path = join(folder.path, "spool")
    const secret = join(folder.path, "secret.json")
    writeFileSync(secret, '{"session_id": "s"}')
    const spool = Spool.make(path)
    const good = await now(spool.deliver("claude", text("x")))
    const link = join(path, "new", "claude.b.1.1")
    symlinkSync(secret, link)
    symlinkSync(folder.path, join(path, "new", ".claude.0.1.2"))
    expect((await now(spool.list)).map(({ name }) => name)).toEqual([good])
    expect(await now(spool.read("claude.b.1.1"))).toBeUndefined()
    await now(spool.reject("claude.b.1.1", "it is a link"))
    expect(lstatSync(join(path, "rejected", "claude.b.1.1")).isSymbolicLink()).toBe(true)
    expect(readFileSync(secret, "utf8")).toBe('{"session_id": "s"}')
  })

  it("takes up what was written in it under a hidden name, once nobody writes it any more", async () => {
    using folder = scratch()
    const spool = Spool.make(folder.path)
    const name = `claude.0.5.${spawnSync(process.execPath, ["--version"]).pid}`
    for (const other of [`.${name}`, ".inside", `.claude.0.7.${process.pid}`])
      put(join(folder.path, "new", other), Date.now() - (other.includes(".7.") ? 0 : 120_000))
    expect((await now(spool.list)).map((one) => one.name)).toEqual([name])
    expect(readdirSync(join(folder.path, "new")).sort()).toEqual([`.claude.0.7.${process.pid}`, ".inside", name])
  })

  const put = (file: string, time: number) => {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, "content")
    utimesSync(file, new Date(time), new Date(time))
  }
})

describe("a rejected delivery", () => {
  it("is set aside with its reason and its bytes, and waits no more", async () => {
    using folder = scratch()
    const spool = Spool.make(folder.path)
    const bad = await now(spool.deliver("claude", text("{half")))
    const good = await now(spool.deliver("claude", text("{}")))
    await now(spool.reject(bad, "it ends in the middle"))
    expect((await now(spool.list)).map(({ name }) => name)).toEqual([good])
    expect(await now(spool.rejected)).toEqual([{ name: bad, reason: "it ends in the middle" }])
    expect(readFileSync(join(folder.path, "rejected", bad), "utf8")).toBe("{half")
  })

  it("that another process took meanwhile is not there, and that is all", async () => {
    using folder = scratch()
    const spool = Spool.make(folder.path)
    await now(spool.reject("claude.b.1.1", "gone"))
    expect(await now(spool.rejected)).toEqual([])
  })

  it("whose reason was lost is still counted", async () => {
    using folder = scratch()
    const spool = Spool.make(folder.path)
    mkdirSync(join(folder.path, "rejected"), { recursive: true })
    writeFileSync(join(folder.path, "rejected", "claude.b.1.1"), "x")
    expect(await now(spool.rejected)).toEqual([{ name: "claude.b.1.1", reason: "no reason was noted" }])
  })
})

describe("a temporary file", () => {
  const leave = (path: string, name: string, ageMs: number) => {
    const file = join(path, "tmp", name)
    writeFileSync(file, `content of ${name}`)
    const then = new Date(Date.now() - ageMs)
    utimesSync(file, then, then)
  }

  /** The number of a process that ran, and ended. */
  const ended = (): number => spawnSync(process.execPath, ["--version"]).pid

  /** A spool with its folders, and what it calls the boot of this machine. */
  const prepared = async (path: string) => {
    const spool = Spool.make(path)
    const name = await now(spool.deliver("claude", text("whole")))
    await now(spool.remove([name]))
    return { spool, boot: name.split(".")[1] ?? "" }
  }

  const listed = async (spool: Spool.Spool) => (await now(spool.list)).map(({ name }) => name)

  it("that is older than a minute is judged like any delivery; a fresh one is left to its writer", async () => {
    using folder = scratch()
    const { spool, boot } = await prepared(folder.path)
    const old = `claude.${boot}.1.${ended()}`
    const fresh = `claude.${boot}.2.${ended()}`
    leave(folder.path, old, 120_000)
    leave(folder.path, fresh, 5_000)
    expect(await listed(spool)).toEqual([old])
    expect((await now(spool.read(old)))?.toString()).toBe(`content of ${old}`)
    expect(readdirSync(join(folder.path, "tmp"))).toEqual([fresh])
  })

  it("that is old, but whose writer still runs, is left to it", async () => {
    using folder = scratch()
    const { spool, boot } = await prepared(folder.path)
    leave(folder.path, `claude.${boot}.1.${process.pid}`, 120_000)
    expect(await listed(spool)).toEqual([])
  })

  it("of an earlier boot has no writer any more, whoever has its number now", async () => {
    using folder = scratch()
    const { spool } = await prepared(folder.path)
    const old = `claude.earlier0.1.${process.pid}`
    leave(folder.path, old, 120_000)
    expect(await listed(spool)).toEqual([old])
  })

  it("of a writer that still runs is not abandoned, however old the clock makes it", async () => {
    using folder = scratch()
    const spool = Spool.make(folder.path)
    const [, boot] = (await now(spool.deliver("claude", text("whole")))).split(".")
    leave(folder.path, `claude.${boot}.1.${process.pid}`, 120_000)
    expect(await now(spool.list)).toHaveLength(1)
    expect(readdirSync(join(folder.path, "tmp"))).toEqual([`claude.${boot}.1.${process.pid}`])
  })

  it("that several processes find abandoned at once disturbs none of them", async () => {
    using folder = scratch()
    const { boot } = await prepared(folder.path)
    const pid = ended()
    for (let n = 0; n < 3000; n++) leave(folder.path, `claude.${boot}.${n}.${pid}`, 120_000)
    const all = await Promise.all(Array.from({ length: 6 }, () => run("lists.ts", folder.path)))
    expect(all.map(({ code, stderr }) => [code, stderr])).toEqual(all.map(() => [0, ""]))
    expect(readdirSync(join(folder.path, "new")).length).toBe(3000)
  })
})

describe("24 processes that deliver at once", () => {
  it("lose nothing, and each finds its own in its order", async () => {
    using folder = scratch()
    await runAll(
      "delivers.ts",
      Array.from({ length: 24 }, (_, who) => [folder.path, `writer${who}`, "10"])
    )
    const spool = Spool.make(folder.path)
    const contents: Array<string> = []
    for (const { name } of await now(spool.list)) contents.push(String(await now(spool.read(name))))
    expect(contents.length).toBe(240)
    for (let who = 0; who < 24; who++) {
      const own = contents.filter((content) => content.startsWith(`writer${who}/`))
      expect(own).toEqual(Array.from({ length: 10 }, (_, n) => `writer${who}/${n + 1}`))
    }
    expect(readdirSync(join(folder.path, "tmp"))).toEqual([])
  })
})
