import { execFileSync } from "node:child_process"
import { hash, randomBytes } from "node:crypto"
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { PassThrough, Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Copied, CopyOptions, FileFailed, Sftp } from "../../../src/app/ports/Sftp.ts"
import { copy } from "../../../src/adapters/ssh/Copy.ts"
import { localSide } from "../../../src/adapters/ssh/LocalSide.ts"
import type { Side } from "../../../src/adapters/ssh/Side.ts"
import { emptyFolder, type Stage, stage } from "./stage.ts"

let at: Stage
beforeAll(async () => {
  at = await stage()
})
afterAll(() => at[Symbol.asyncDispose]())

const files = <A, E>(use: (sftp: Sftp) => Effect.Effect<A, E>): Promise<A> =>
  at.connected((to) => Effect.scoped(Effect.flatMap(to.sftp, use)))

/** Both ways, which are to behave the same. */
const ways: ReadonlyArray<readonly [string, (from: string, to: string, options?: CopyOptions) => Promise<Copied>]> = [
  ["to the workspace", (from, to, options) => files((sftp) => sftp.send(from, to, options))],
  ["from the workspace", (from, to, options) => files((sftp) => sftp.receive(from, to, options))]
]

const names = [
  "with space",
  'it\'s "quoted"',
  "new\nline",
  "é 日本語 🙂",
  "-rf",
  "a\\b",
  "tab\there",
  "*?[x]",
  " ",
  "~",
  ".hidden",
  "…",
  "\u{1}"
]

/** Every path below a folder with what is there: type, mode, content or target. */
const listing = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => {
      const status = lstatSync(join(folder, path))
      const mode = (status.mode & 0o777).toString(8)
      if (status.isSymbolicLink()) return `${path} -> ${readlinkSync(join(folder, path))}`
      return status.isDirectory()
        ? `${path}/ ${mode}`
        : `${path} ${mode} ${hash("sha256", readFileSync(join(folder, path)))}`
    })
    .sort()

describe.each(ways)("a copy %s", (_way, copied) => {
  it("is the same to the byte, mode and link, whatever things are called", async () => {
    using folder = emptyFolder("copy")
    const from = join(folder.path, "from")
    mkdirSync(join(from, "empty"), { recursive: true })
    for (const [index, name] of names.entries()) {
      mkdirSync(join(from, `in ${name}`))
      writeFileSync(join(from, `in ${name}`, name), randomBytes(index * 17))
    }
    writeFileSync(join(from, "big"), randomBytes(3 * 1024 * 1024 + 7))
    writeFileSync(join(from, "exactly"), randomBytes(64 * 1024))
    writeFileSync(join(from, "run"), "#!/bin/sh\n", { mode: 0o755 })
    writeFileSync(join(from, "mine"), "secret", { mode: 0o600 })
    writeFileSync(join(from, "read only"), "x", { mode: 0o444 })
    chmodSync(join(from, "run"), 0o4755)
    symlinkSync("run", join(from, "link"))
    symlinkSync("/nowhere/at all", join(from, "dangling"))
    mkdirSync(join(from, "closed"))
    writeFileSync(join(from, "closed", "in"), "x")
    chmodSync(join(from, "closed"), 0o555)
    execFileSync("mkfifo", [join(from, "pipe")])
    const told: Array<number> = []
    const result = await copied(from, join(folder.path, "to"), { progress: ({ files }) => told.push(files) })
    expect(listing(join(folder.path, "to"))).toEqual(
      // The pipe can't be copied, and is said to be left out.
      (execFileSync("rm", [join(from, "pipe")]), listing(from))
    )
    const count = names.length + 6
    expect(result).toMatchObject({ files: count, links: 2, folders: names.length + 3 })
    expect(result.leftOut).toEqual([{ path: join(from, "pipe"), why: expect.stringContaining("neither file") }])
    expect(told).toEqual(Array.from({ length: count }, (_, index) => index + 1))
    // The right to run as its owner is not carried over.
    expect(statSync(join(folder.path, "to", "run")).mode & 0o7777).toBe(0o755)
  })

  it("goes into a folder that is there, becomes what is not, and with /. is what is in it", async () => {
    using folder = emptyFolder("copy")
    const path = (name: string) => join(folder.path, name)
    mkdirSync(path("from"))
    writeFileSync(path("from/file"), "1")
    mkdirSync(path("there"))
    await copied(path("from"), path("there"))
    await copied(path("from/file"), path("there"))
    await copied(path("from/file"), path("new name"))
    await copied(`${path("from")}/.`, path("there"))
    await copied(path("from"), path("not there"))
    expect(listing(path("there")).map((line) => line.split(" ")[0])).toEqual(["file", "from/", "from/file"])
    expect(readFileSync(path("new name"), "utf8")).toBe("1")
    expect(readFileSync(path("not there/file"), "utf8")).toBe("1")
  })

  it("replaces files at once and leaves nothing unfinished", async () => {
    using folder = emptyFolder("copy")
    const path = (name: string) => join(folder.path, name)
    writeFileSync(path("from"), "new")
    writeFileSync(path("precious"), "old")
    symlinkSync("precious", path("to"))
    await copied(path("from"), path("to"))
    expect(lstatSync(path("to")).isSymbolicLink()).toBe(false)
    expect([readFileSync(path("to"), "utf8"), readFileSync(path("precious"), "utf8")]).toEqual(["new", "old"])
    mkdirSync(path("tree/file/in the way"), { recursive: true })
    mkdirSync(path("source"))
    writeFileSync(path("source/file"), "x")
    await expect(copied(`${path("source")}/.`, path("tree"))).rejects.toMatchObject({ _tag: "FileFailed" })
    expect(readdirSync(path("tree"))).toEqual(["file"])
  })

  it("writes through no link below its target", async () => {
    using folder = emptyFolder("copy")
    const path = (name: string) => join(folder.path, name)
    mkdirSync(path("outside"))
    mkdirSync(path("from/sub"), { recursive: true })
    writeFileSync(path("from/sub/file"), "x")
    mkdirSync(path("to"))
    symlinkSync(path("outside"), path("to/sub"))
    await expect(copied(`${path("from")}/.`, path("to"))).rejects.toMatchObject({ kind: "link" })
    expect(readdirSync(path("outside"))).toEqual([])
  })

  it("says what is missing, and where", async () => {
    using folder = emptyFolder("copy")
    const missing: FileFailed = await copied(join(folder.path, "no"), folder.path).then(
      () => expect.fail("copied"),
      (cause) => cause
    )
    expect(missing.kind).toBe("missing")
    expect(missing.path).toBe(join(folder.path, "no"))
  })

  it("of ten thousand small files is quick", { timeout: 120_000 }, async () => {
    using folder = emptyFolder("copy")
    for (let at = 0; at < 100; at++) {
      mkdirSync(join(folder.path, "from", `d${at}`), { recursive: true })
      for (let file = 0; file < 100; file++)
        writeFileSync(join(folder.path, "from", `d${at}`, `f${file}`), `${at} ${file}\n`)
    }
    const started = performance.now()
    const result = await copied(join(folder.path, "from"), join(folder.path, "to"))
    process.stderr.write(`10,000 files: ${Math.round(performance.now() - started)} ms\n`)
    expect(result.files).toBe(10_000)
    expect(execFileSync("diff", ["-r", join(folder.path, "from"), join(folder.path, "to")], { encoding: "utf8" })).toBe(
      ""
    )
  })
})

describe("a hostile other end", () => {
  const lying = (over: Partial<Side>): Side => ({ ...localSide, name: "there", ...over })
  const never = new AbortController().signal

  it("can't name a file that is elsewhere", async () => {
    using folder = emptyFolder("copy")
    mkdirSync(join(folder.path, "from"))
    const source = lying({
      list: async () =>
        ["../evil", "..", "a/b", ""].map((name) => ({
          name,
          kind: "file" as const,
          mode: 0o644,
          size: 1,
          flaw: "its name is no file name"
        }))
    })
    const result = await copy(source, join(folder.path, "from"), localSide, join(folder.path, "to"), {}, never)
    expect(result.leftOut).toHaveLength(4)
    expect(readdirSync(folder.path).sort()).toEqual(["from", "to"])
  })

  it("can't give a link and then a folder of the same name", async () => {
    using folder = emptyFolder("copy")
    const path = (name: string) => join(folder.path, name)
    mkdirSync(path("from/sub"), { recursive: true })
    writeFileSync(path("from/sub/file"), "x")
    mkdirSync(path("outside"))
    const source = lying({
      list: async (at) =>
        at.endsWith("sub")
          ? [{ name: "file", kind: "file", mode: 0o644, size: 1 }]
          : [
              { name: "sub", kind: "link", mode: 0o777, size: 1 },
              { name: "sub", kind: "folder", mode: 0o755, size: 1 }
            ],
      readLink: async () => path("outside")
    })
    await expect(copy(source, path("from"), localSide, path("to"), {}, never)).rejects.toMatchObject({
      _tag: "FileFailed"
    })
    expect(readdirSync(path("outside"))).toEqual([])
  })
})

describe("files over there", () => {
  it("are listed, read, written, renamed and removed", async () => {
    using folder = emptyFolder("sftp")
    const path = (name: string) => join(folder.path, name)
    await files((sftp) =>
      Effect.gen(function* () {
        yield* sftp.makeFolder(path("sub"), 0o750)
        yield* sftp.write(path("sub/a"), Buffer.from("one"), { mode: 0o640, modified: 1_000_000_000 })
        yield* sftp.write(path("sub/b"), Readable.from([Buffer.from("t"), Buffer.from("wo")]))
        yield* sftp.rename(path("sub/b"), path("sub/a"))
        yield* sftp.makeLink("a", path("sub/l"))
        expect((yield* sftp.read(path("sub/a"))).toString()).toBe("two")
        expect(yield* sftp.readLink(path("sub/l"))).toBe("a")
        expect(yield* sftp.realPath(path("sub/l"))).toBe(path("sub/a"))
        yield* sftp.changeMode(path("sub/a"), 0o600)
        const entries = yield* sftp.list(path("sub"))
        expect(entries.map(({ name, kind, size }) => `${name}: ${kind}, ${size}`).sort()).toEqual([
          "a: file, 3",
          "l: link, 1"
        ])
        yield* sftp.write(path("sub/c"), Buffer.alloc(0), { mode: 0o640, modified: 1_000_000_000 })
        expect(yield* sftp.status(path("sub/c"))).toMatchObject({ mode: 0o640, modified: 1_000_000_000, size: 0 })
        const sink = new PassThrough()
        const all = buffer(sink)
        expect(yield* sftp.readTo(path("sub/a"), sink)).toBe(3)
        sink.end()
        expect((yield* Effect.promise(() => all)).toString()).toBe("two")
        for (const name of ["a", "c", "l"]) yield* sftp.removeFile(path(`sub/${name}`))
        yield* sftp.removeFolder(path("sub"))
        expect(yield* sftp.status(path("sub"))).toBeUndefined()
        // What has no size beforehand is read to its end all the same.
        expect((yield* sftp.read("/proc/self/status")).toString()).toContain("Name:")
      })
    )
    expect(readdirSync(folder.path)).toEqual([])
  })

  it("say which of them failed, and how", async () => {
    using folder = emptyFolder("sftp")
    const failures = await files((sftp) =>
      Effect.all([
        Effect.flip(sftp.read(join(folder.path, "no"))),
        Effect.flip(sftp.write(join(folder.path, "no", "file"), Buffer.from("x"))),
        Effect.flip(sftp.list(join(folder.path, "no"))),
        Effect.flip(sftp.read(folder.path)),
        Effect.flip(
          sftp.write(
            join(folder.path, "a"),
            Readable.from(
              (async function* () {
                yield Buffer.from("x")
                throw new Error("broken source")
              })()
            )
          )
        ),
        Effect.flip(sftp.status("a\0b"))
      ])
    )
    expect(failures.map(({ kind }) => kind)).toEqual(["missing", "missing", "missing", "failed", "failed", "failed"])
    expect(failures[4]?.message).toContain("broken source")
    expect(existsSync(join(folder.path, "a"))).toBe(false)
    expect(readdirSync(folder.path)).toEqual([])
  })

  it("are whole or not there when the connection breaks in the middle of a copy", async () => {
    await using own = await stage()
    using folder = emptyFolder("sftp")
    writeFileSync(join(folder.path, "big"), randomBytes(32 * 1024 * 1024))
    mkdirSync(join(folder.path, "from"))
    for (let file = 0; file < 200; file++) writeFileSync(join(folder.path, "from", `f${file}`), "x".repeat(5000))
    writeFileSync(join(folder.path, "from", "zz"), randomBytes(64 * 1024 * 1024))
    let kill: Promise<void> | undefined
    const failed: FileFailed = await own
      .connected((to) =>
        Effect.scoped(
          Effect.flatMap(to.sftp, (sftp) =>
            sftp.send(join(folder.path, "from"), join(folder.path, "to"), {
              progress: () => (kill ??= own.server.kill())
            })
          )
        )
      )
      .then(
        () => expect.fail("copied"),
        (cause) => cause
      )
    await kill
    expect(failed).toMatchObject({ _tag: "FileFailed", kind: "disconnected" })
    const whole = readdirSync(join(folder.path, "to")).filter((name) => !name.startsWith(".nexus-"))
    for (const name of whole)
      expect(readFileSync(join(folder.path, "to", name)).equals(readFileSync(join(folder.path, "from", name)))).toBe(
        true
      )
    expect(whole).not.toContain("zz")
  })
})
