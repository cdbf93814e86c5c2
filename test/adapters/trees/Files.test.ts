/** Keeping and restoring a checkout's files, byte for byte. */
import { execFileSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { createServer } from "node:net"
import { homedir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { readContent } from "../../../src/adapters/trees/ReadFile.ts"
import { put } from "../../support/cli.ts"
import { all, snapshot, stage, withIgnored } from "./stage.ts"

describe("keeping files", () => {
  it("names the same files by the same hash, whatever their times", async () => {
    await using world = stage()
    const folder = world.folder("a")
    put(join(folder, "one"), "1")
    put(join(folder, "sub/two"), "2")
    const first = await world.trees.keepFiles(folder, all)
    utimesSync(join(folder, "one"), 1, 1)
    const second = await world.trees.keepFiles(folder, all)
    expect(second).toMatchObject({ hash: first.hash, files: 2, bytes: 2, leftOut: [], unsteady: [] })
    chmodSync(join(folder, "one"), 0o600)
    expect((await world.trees.keepFiles(folder, all)).hash).not.toBe(first.hash)
  })

  it("keeps bytes as they are, whatever attributes and settings say of them", async () => {
    await using world = stage()
    const folder = world.folder("a")
    world.git(folder, "init", "-q")
    put(join(folder, ".gitattributes"), "* text=auto eol=lf ident working-tree-encoding=UTF-16\n")
    put(join(folder, "crlf.txt"), "a\r\nb\r\n$Id$\r\n")
    const kept = await world.trees.keepFiles(folder, all)
    expect(await world.trees.file(kept.hash, "crlf.txt")).toEqual(Buffer.from("a\r\nb\r\n$Id$\r\n"))
    expect(await world.trees.file(kept.hash, "nothing")).toBeUndefined()
  })

  it("leaves out what git ignores unless told, and says what it cannot keep", async () => {
    await using world = stage()
    const folder = world.folder("a")
    world.git(folder, "init", "-q")
    put(join(folder, ".gitignore"), "*.o\nbuild/\n")
    put(join(folder, "mixed/a.o"), "")
    put(join(folder, "mixed/a.c"), "")
    put(join(folder, "only/deep/a.o"), "")
    put(join(folder, "build/out"), "")
    put(join(folder, "tracked.o"), "")
    world.git(folder, "add", "-f", "tracked.o")
    execFileSync("mkfifo", [join(folder, "pipe")])
    const server = createServer().listen(join(folder, "socket"))
    await new Promise((resolve) => server.once("listening", resolve))
    const kept = await world.trees.keepFiles(folder, all)
    expect(kept.leftOut).toEqual([
      { path: "pipe", why: "a pipe" },
      { path: "socket", why: "a socket" }
    ])
    expect(kept.files).toBe(3)
    expect(await world.trees.file(kept.hash, "mixed/a.c")).toBeDefined()
    expect(await world.trees.file(kept.hash, "tracked.o")).toBeDefined()
    expect(await world.trees.file(kept.hash, "only/deep/a.o")).toBeUndefined()
    expect((await world.trees.keepFiles(folder, withIgnored)).files).toBe(6)
    server.close()
  })

  it("keeps a repository inside of the checkout with its own git directory, and not what it ignores itself", async () => {
    await using world = stage()
    const folder = world.folder("a")
    world.git(folder, "init", "-q")
    const inner = world.folder("a/inner")
    world.git(inner, "init", "-q")
    put(join(inner, ".gitignore"), "*.log\n")
    put(join(inner, "code"), "c")
    put(join(inner, "x.log"), "l")
    world.git(inner, "add", "-A")
    world.git(inner, "commit", "-qm", "inner")
    const kept = await world.trees.keepFiles(folder, all)
    const copy = join(world.root, "copy")
    expect(await world.trees.restoreFiles(kept.hash, copy)).toEqual([])
    expect(world.git(join(copy, "inner"), "status", "--porcelain")).toBe("")
    expect(world.git(join(copy, "inner"), "log", "--format=%s").trim()).toBe("inner")
    expect(existsSync(join(copy, "inner/x.log"))).toBe(false)
  })

  it("touches nothing of the user's repository", async () => {
    await using world = stage()
    const folder = world.folder("a")
    world.git(folder, "init", "-q")
    put(join(folder, "f"), "1")
    world.git(folder, "add", "-A")
    world.git(folder, "commit", "-qm", "one")
    put(join(folder, "f"), "22")
    utimesSync(join(folder, "f"), 1, 1)
    const before = snapshot(join(folder, ".git"))
    await world.trees.keepFiles(folder, all)
    await world.trees.keepGit(join(folder, ".git"))
    expect(snapshot(join(folder, ".git"))).toEqual(before)
  })

  it("runs nothing that the repository's settings name", async () => {
    await using world = stage()
    const folder = world.folder("a")
    world.git(folder, "init", "-q")
    put(join(folder, "f"), "1")
    world.git(folder, "add", "-A")
    world.git(folder, "commit", "-qm", "one")
    const trap = join(world.root, "trap")
    writeFileSync(trap, `#!/bin/sh\ntouch ${world.root}/sprung\n`, { mode: 0o755 })
    for (const key of ["core.fsmonitor", "filter.x.clean", "filter.x.smudge", "diff.external", "core.pager"])
      world.git(folder, "config", key, trap)
    world.git(folder, "config", "core.hooksPath", world.root)
    writeFileSync(join(world.root, "reference-transaction"), `#!/bin/sh\ntouch ${world.root}/sprung\n`, { mode: 0o755 })
    put(join(folder, ".gitattributes"), "* filter=x\n")
    const files = await world.trees.keepFiles(folder, all)
    const git = await world.trees.keepGit(join(folder, ".git"))
    put(join(folder, "f"), "2")
    const undo = await world.trees.keepFiles(folder, { ...all, over: files.hash })
    await world.trees.restoreFiles(files.hash, folder, undo.hash)
    await world.trees.restoreGit(git.hash, join(folder, ".git"))
    expect(existsSync(join(world.root, "sprung"))).toBe(false)
  })

  it("refuses the whole machine, the user's own folder and more than it may keep", async () => {
    await using world = stage()
    const folder = world.folder("a")
    for (let index = 0; index < 5; index++) put(join(folder, String(index)), "12345")
    await expect(world.trees.keepFiles("/", all)).rejects.toThrow(/whole machine/)
    await expect(world.trees.keepFiles(homedir(), all)).rejects.toThrow(/own folder/)
    await expect(world.trees.keepFiles(join(homedir(), ".."), all)).rejects.toThrow(/own folder/)
    await expect(world.trees.keepFiles(join(folder, "no"), all)).rejects.toThrow(/no such folder/)
    await expect(world.trees.keepFiles(folder, { ...all, mostFiles: 4 })).rejects.toThrow(/more than 4 files/)
    await expect(world.trees.keepFiles(folder, { ...all, mostBytes: 24 })).rejects.toThrow(/more than 24 bytes/)
    expect((await world.trees.keepFiles(folder, { ...all, mostFiles: 5, mostBytes: 25 })).files).toBe(5)
  })

  it("notices a change that leaves size and modification time as they were, and one in the same tick", async () => {
    await using world = stage()
    const folder = world.folder("a")
    const file = join(folder, "f")
    for (let round = 0; round < 30; round++) {
      writeFileSync(file, String(round % 10))
      utimesSync(file, 1000, 1000)
      const { hash } = await world.trees.keepFiles(folder, all)
      expect(String(await world.trees.file(hash, "f"))).toBe(String(round % 10))
    }
  })

  it("reads only what changed, in the same process and in another", async () => {
    await using world = stage()
    const folder = world.folder("a")
    for (let index = 0; index < 50; index++) put(join(folder, `d${index % 7}/${index}`), String(index).repeat(1000))
    await world.trees.keepFiles(folder, all)
    writeFileSync(join(folder, "d1/1"), "changed")
    for (const trees of [world.trees, world.another()]) {
      const kept = await trees.keepFiles(folder, all)
      expect(kept.addedBytes).toBeLessThan(2000)
      writeFileSync(join(folder, "d1/1"), `changed by ${kept.hash}`)
    }
  })

  it("knows a folder again only when each of its entries is the very one that it saw", async () => {
    await using world = stage()
    const folder = world.folder("a")
    for (const inner of ["one", "two", "two/deep", "three"])
      for (const name of ["a", "b", "c"]) put(join(folder, inner, name), `${inner} ${name}`)
    symlinkSync("a", join(folder, "three/link"))
    const changes: ReadonlyArray<() => void> = [
      () => undefined,
      // As many entries as before.
      () => renameSync(join(folder, "one/a"), join(folder, "one/z")),
      () => renameSync(join(folder, "one/b"), join(folder, "one/c")),
      () => put(join(folder, "one/b"), "one B"),
      () => chmodSync(join(folder, "two/deep"), 0o700),
      () => chmodSync(join(folder, "two/a"), 0o755),
      () => {
        writeFileSync(join(folder, "two/deep/c"), "two/deep C")
        utimesSync(join(folder, "two/deep/c"), 1000, 1000)
      },
      () => {
        rmSync(join(folder, "three/link"))
        symlinkSync("b", join(folder, "three/link"))
      },
      () => {
        rmSync(join(folder, "three/a"))
        mkdirSync(join(folder, "three/a"))
      },
      () => rmSync(join(folder, "three/b")),
      () => put(join(folder, "three/b"), "three b")
    ]
    for (const change of changes) {
      // Until what is there is old enough to be known again.
      await setTimeout(50)
      await world.trees.keepFiles(folder, all)
      change()
      await using fresh = stage()
      const { hash } = await fresh.trees.keepFiles(folder, all)
      expect((await world.another().keepFiles(folder, all)).hash).toBe(hash)
      expect((await world.trees.keepFiles(folder, all)).hash).toBe(hash)
      await world.trees.check(hash)
    }
  })

  it("keeps long files, growing ones and sparse ones", async () => {
    await using world = stage()
    const folder = world.folder("a")
    const long = Buffer.alloc(3 * 1024 * 1024 + 17, "long ")
    put(join(folder, "long"), long)
    put(join(folder, "exact"), Buffer.alloc(1024 * 1024, 7))
    put(join(folder, "sparse"), "")
    truncateSync(join(folder, "sparse"), 64 * 1024 * 1024)
    const kept = await world.trees.keepFiles(folder, all)
    expect(kept.bytes).toBe(long.length + 65 * 1024 * 1024)
    const copy = join(world.root, "copy")
    expect(await world.trees.restoreFiles(kept.hash, copy)).toEqual([])
    expect(readFileSync(join(copy, "long")).equals(long)).toBe(true)
    expect(statSync(join(copy, "sparse")).size).toBe(64 * 1024 * 1024)
    expect(statSync(join(copy, "sparse")).blocks).toBeLessThan(1000)
    await world.trees.check(kept.hash)
  })
})

describe("restoring files", () => {
  it("gives every kind of entry and name back, and keeps what did not change untouched", async () => {
    await using world = stage()
    const folder = world.folder("a")
    const odd = ["-rf", "a b", "new\nline", "quote\"'`$(x)", "ünï", "\\x41", ".hidden"]
    for (const name of odd) put(join(folder, name), name)
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe, 0x41])]), "bytes")
    put(join(folder, "run"), "#!/bin/sh\n")
    chmodSync(join(folder, "run"), 0o4755)
    mkdirSync(join(folder, "empty/deep"), { recursive: true })
    chmodSync(join(folder, "empty"), 0o1777)
    symlinkSync("/nowhere/at all", join(folder, "dangling"))
    symlinkSync("empty", join(folder, "to-folder"))
    put(join(folder, "locked/in"), "in")
    chmodSync(join(folder, "locked/in"), 0o000)
    const before = snapshot(folder)
    const kept = await world.trees.keepFiles(folder, all)
    const untouched = lstatSync(join(folder, "-rf"))
    rmSync(join(folder, "empty"), { recursive: true })
    put(join(folder, "empty"), "a file now")
    rmSync(join(folder, "to-folder"))
    put(join(folder, "to-folder/x/y"), "a folder now")
    rmSync(join(folder, "run"))
    symlinkSync("ünï", join(folder, "run"))
    put(join(folder, "stray/s"), "s")
    put(join(folder, "ünï"), "other")
    const undo = await world.trees.keepFiles(folder, { ...all, over: kept.hash })
    const broken = snapshot(folder)
    expect(await world.trees.restoreFiles(kept.hash, folder, undo.hash)).toEqual([])
    expect(snapshot(folder)).toEqual(before)
    expect(lstatSync(join(folder, "-rf")).mtimeMs).toBe(untouched.mtimeMs)
    const redo = await world.trees.keepFiles(folder, { ...all, over: undo.hash })
    expect(await world.trees.restoreFiles(undo.hash, folder, redo.hash)).toEqual([])
    expect(snapshot(folder)).toEqual(broken)
    expect(await world.trees.diff(kept.hash, undo.hash)).toEqual(
      [
        { path: "empty", change: "type" },
        { path: "empty/deep/", change: "removed" },
        { path: "run", change: "type" },
        { path: "stray/s", change: "added" },
        { path: "to-folder", change: "type" },
        { path: "to-folder/x/y", change: "added" },
        { path: "ünï", change: "content" }
      ].sort((a, b) => (a.path < b.path ? -1 : 1))
    )
    expect(String(await world.trees.file(kept.hash, "\\xff\\xfeA"))).toBe("bytes")
    expect(String(await world.trees.file(kept.hash, "\\x41"))).toBe("\\x41")
  })

  it("lets ignored files be, and keeps those that it would replace before it does", async () => {
    await using world = stage()
    const folder = world.folder("a")
    world.git(folder, "init", "-q")
    put(join(folder, "data.log"), "first")
    put(join(folder, "src/a"), "a")
    const kept = await world.trees.keepFiles(folder, all)
    put(join(folder, ".gitignore"), "*.log\nbuild/\n")
    put(join(folder, "data.log"), "second, ignored by now")
    put(join(folder, "build/out"), "out")
    put(join(folder, "src/more/b"), "b")
    put(join(folder, "src/more/b.log"), "b")
    const careless = await world.trees.keepFiles(folder, all)
    await expect(world.trees.restoreFiles(kept.hash, folder, careless.hash)).rejects.toThrow(/data\.log/)
    expect(readFileSync(join(folder, "data.log"), "utf8")).toBe("second, ignored by now")
    const undo = await world.trees.keepFiles(folder, { ...all, over: kept.hash })
    expect(await world.trees.restoreFiles(kept.hash, folder, undo.hash)).toEqual([
      // Without the rules that came later these are no ignored files any more, and they were not there.
      { path: "build/out", change: "added" },
      { path: "src/more/b.log", change: "added" }
    ])
    expect(readFileSync(join(folder, "data.log"), "utf8")).toBe("first")
    expect(readFileSync(join(folder, "build/out"), "utf8")).toBe("out")
    expect(existsSync(join(folder, "src/more/b"))).toBe(false)
    expect(String(await world.trees.file(undo.hash, "data.log"))).toBe("second, ignored by now")
  })

  it("refuses to lose anything that the undo checkpoint does not hold", async () => {
    await using world = stage()
    const folder = world.folder("a")
    put(join(folder, "f"), "1")
    const kept = await world.trees.keepFiles(folder, all)
    put(join(folder, "f"), "2")
    await expect(world.trees.restoreFiles(kept.hash, folder)).rejects.toThrow(/would be lost \(f\)/)
    const undo = await world.trees.keepFiles(folder, { ...all, over: kept.hash })
    put(join(folder, "f"), "3, written after the undo checkpoint")
    for (const trees of [world.trees, world.another()]) {
      await expect(trees.restoreFiles(kept.hash, folder, undo.hash)).rejects.toThrow(/changed since/)
      expect(readFileSync(join(folder, "f"), "utf8")).toBe("3, written after the undo checkpoint")
      expect(readdirSync(folder)).toEqual(["f"])
    }
  })

  it("refuses to replace what changed since the undo checkpoint with its size and time as they were", async () => {
    await using world = stage()
    const folder = world.folder("a")
    put(join(folder, "f"), "1")
    put(join(folder, "g"), "g1")
    linkSync(join(folder, "g"), join(folder, "h"))
    const kept = await world.trees.keepFiles(folder, all)
    put(join(folder, "f"), "2")
    put(join(folder, "g"), "g2")
    utimesSync(join(folder, "f"), 1000, 1000)
    const first = await world.trees.keepFiles(folder, { ...all, over: kept.hash })
    writeFileSync(join(folder, "f"), "3")
    utimesSync(join(folder, "f"), 1000, 1000)
    const before = snapshot(folder)
    await expect(world.trees.restoreFiles(kept.hash, folder, first.hash)).rejects.toThrow(/changed since/)
    expect(snapshot(folder)).toEqual(before)
    const undo = await world.trees.keepFiles(folder, { ...all, over: kept.hash })
    expect(await world.trees.restoreFiles(kept.hash, folder, undo.hash)).toEqual([])
    expect(readFileSync(join(folder, "f"), "utf8")).toBe("1")
    expect(readFileSync(join(folder, "h"), "utf8")).toBe("g1")
  })

  it("never writes or deletes through a link that leads out of the folder", async () => {
    await using world = stage()
    const folder = world.folder("a")
    const outside = world.folder("outside")
    put(join(outside, "f"), "theirs")
    put(join(outside, "stray"), "theirs")
    put(join(folder, "sub/f"), "ours")
    const kept = await world.trees.keepFiles(folder, all)
    put(join(folder, "sub/f"), "changed")
    const undo = await world.trees.keepFiles(folder, { ...all, over: kept.hash })
    // Between the undo checkpoint and the restore, the folder becomes a link.
    renameSync(join(folder, "sub"), join(folder, "moved"))
    symlinkSync(outside, join(folder, "sub"))
    await expect(world.trees.restoreFiles(kept.hash, folder, undo.hash)).rejects.toThrow(/link or a file/)
    expect(snapshot(outside)).toEqual(
      new Map([
        ["f", expect.stringContaining(Buffer.from("theirs").toString("base64"))],
        ["stray", expect.any(String)]
      ])
    )
    const again = await world.trees.keepFiles(folder, { ...all, over: kept.hash })
    expect(await world.trees.restoreFiles(kept.hash, folder, again.hash)).toEqual([])
    expect(readFileSync(join(folder, "sub/f"), "utf8")).toBe("ours")
    expect(readFileSync(join(outside, "f"), "utf8")).toBe("theirs")
    expect(readlinkOf(join(folder, "sub"))).toBeUndefined()
  })

  it("reads nothing through a folder that became a link", async () => {
    await using world = stage()
    const folder = world.folder("a")
    put(join(world.folder("outside"), "secret"), "theirs")
    symlinkSync(join(world.root, "outside"), join(folder, "sub"))
    const read: Array<Buffer> = []
    expect(readContent(join(folder, "sub/secret"), (bytes) => String(read.push(bytes)))).toBeUndefined()
    expect(read).toEqual([])
  })

  it("takes everything back when a step fails", async () => {
    await using world = stage()
    const folder = world.folder("a")
    for (const name of ["a", "b", "z/deep/c"]) put(join(folder, name), "first")
    const kept = await world.trees.keepFiles(folder, all)
    for (const name of ["a", "b"]) put(join(folder, name), "second")
    rmSync(join(folder, "z"), { recursive: true })
    put(join(folder, "new/folder/n"), "n")
    const undo = await world.trees.keepFiles(folder, { ...all, over: kept.hash })
    // What the look did not see stands where a folder has to be made.
    put(join(folder, "z"), "in the way")
    const before = snapshot(folder)
    await expect(world.trees.restoreFiles(kept.hash, folder, undo.hash)).rejects.toThrow(/EEXIST|changed/)
    expect(snapshot(folder)).toEqual(before)
  })
})

const readlinkOf = (path: string): string | undefined =>
  lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined
