import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { conflicts, flush, pause, resume, status } from "../../../src/app/sync/Sync.ts"
import { runRound } from "../../../src/app/sync/Round.ts"
import { contents, type Pair, pair } from "./pair.ts"

let both: Pair
beforeEach(async () => {
  both = await pair()
})
afterEach(() => both.end())

const onHost = (path: string) => join(both.host, path)
const inWorkspace = (path: string) => join(both.workspace, path)
const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)
const failure = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(Effect.flip(effect))
const expectSame = () => expect(contents(both.workspace)).toEqual(contents(both.host))

describe("a sync of two folders", () => {
  test("brings to each what the other has", async () => {
    mkdirSync(onHost("src/empty"), { recursive: true })
    writeFileSync(onHost("src/a.ts"), "a")
    writeFileSync(onHost("run.sh"), "#!/bin/sh\n", { mode: 0o755 })
    symlinkSync("../outside", onHost("src/link"))
    writeFileSync(inWorkspace("built.js"), "built")
    await run(flush(both.session()))
    expectSame()
    expect(contents(both.host)).toEqual({
      "built.js": "built",
      "run.sh": "#!/bin/sh\n+x",
      src: "/",
      "src/a.ts": "a",
      "src/empty": "/",
      "src/link": "-> ../outside"
    })
  })

  test("takes over changes, deletions, renames, types and executable bits, both ways", async () => {
    const session = both.session()
    for (const name of ["edited", "gone", "old-name", "becomes-folder", "script"]) writeFileSync(onHost(name), name)
    mkdirSync(onHost("becomes-file/x"), { recursive: true })
    await run(flush(session))
    writeFileSync(inWorkspace("edited"), "by the workspace")
    rmSync(onHost("gone"))
    renameSync(inWorkspace("old-name"), inWorkspace("new-name"))
    rmSync(onHost("becomes-folder"))
    mkdirSync(onHost("becomes-folder"))
    writeFileSync(onHost("becomes-folder/in"), "in")
    rmSync(inWorkspace("becomes-file"), { recursive: true })
    writeFileSync(inWorkspace("becomes-file"), "a file")
    chmodSync(onHost("script"), 0o755)
    await run(flush(session))
    expectSame()
    expect(contents(both.host)).toEqual({
      "becomes-file": "a file",
      "becomes-folder": "/",
      "becomes-folder/in": "in",
      edited: "by the workspace",
      "new-name": "old-name",
      script: "script+x"
    })
  })

  test("keeps both versions of what both changed, side by side, and says so until one is chosen", async () => {
    const session = both.session()
    writeFileSync(onHost("notes.md"), "1")
    await run(flush(session))
    writeFileSync(onHost("notes.md"), "by the host")
    writeFileSync(inWorkspace("notes.md"), "by the workspace")
    await run(flush(session))
    expectSame()
    const found = await run(conflicts(both.memory))
    expect(found).toMatchObject([{ path: "notes.md", side: "workspace" }])
    expect(found[0]?.copy).toMatch(/^notes\.conflict-workspace-[0-9a-f]{8}\.md$/)
    expect(Object.values(contents(both.host))).toEqual(["by the workspace", "by the host"])
    rmSync(onHost(found[0]?.copy ?? ""))
    await run(flush(session))
    expect(await run(conflicts(both.memory))).toEqual([])
    expectSame()
  })

  test("lets a change win over a deletion", async () => {
    const session = both.session()
    mkdirSync(onHost("folder"))
    writeFileSync(onHost("folder/file"), "1")
    await run(flush(session))
    rmSync(onHost("folder"), { recursive: true })
    writeFileSync(inWorkspace("folder/file"), "2")
    await run(flush(session))
    expectSame()
    expect(contents(both.host)).toEqual({ folder: "/", "folder/file": "2" })
  })

  test("keeps a file that the other side made a folder of", async () => {
    const session = both.session()
    writeFileSync(onHost("thing"), "1")
    await run(flush(session))
    writeFileSync(onHost("thing"), "2")
    rmSync(inWorkspace("thing"))
    mkdirSync(inWorkspace("thing"))
    writeFileSync(inWorkspace("thing/in"), "in")
    await run(flush(session))
    expectSame()
    expect(Object.values(contents(both.host)).sort()).toEqual(["/", "2", "in"])
  })

  test("leaves out .git and what the rules say, and keeps the folders that hold such", async () => {
    const session = both.session({ ignore: ["node_modules/", "*.log", "!keep.log"] })
    for (const folder of [".git", "node_modules/a", "package/node_modules"])
      mkdirSync(onHost(folder), { recursive: true })
    writeFileSync(onHost("a.log"), "")
    writeFileSync(onHost("keep.log"), "kept")
    writeFileSync(onHost("package/index.js"), "1")
    await run(flush(session))
    expect(contents(both.workspace)).toEqual({ "keep.log": "kept", package: "/", "package/index.js": "1" })
    rmSync(inWorkspace("package"), { recursive: true })
    expect(await failure(flush(session))).toMatchObject({
      _tag: "NotTheSame",
      problems: [{ path: "package", side: "host" }]
    })
    expect(existsSync(onHost("package/node_modules"))).toBe(true)
    expect(existsSync(onHost("package/index.js"))).toBe(false)
  })

  test("reports what cannot be synced, and syncs the rest", async () => {
    const session = both.session()
    execFileSync("mkfifo", [onHost("pipe")])
    writeFileSync(Buffer.concat([Buffer.from(onHost("bad-")), Buffer.from([0xff])]), "1")
    writeFileSync(onHost("good"), "1")
    expect(await failure(flush(session))).toMatchObject({
      _tag: "NotTheSame",
      problems: expect.arrayContaining([expect.objectContaining({ path: "pipe", why: "is a pipe" })])
    })
    expect(contents(both.workspace)).toEqual({ good: "1" })
    expect(await run(status(both.memory))).toMatchObject({ word: "idle", isSame: true, problemCount: 2 })
  })

  test("reports names that are one on a side that ignores case or Unicode form, and touches none of them", async () => {
    const session = both.session({}, (side) => (side.side === "host" ? side : { ...side, folds: Effect.succeed(true) }))
    for (const name of ["README", "readme", "caf\u00E9", "cafe\u0301", "other"]) writeFileSync(onHost(name), name)
    expect(await failure(flush(session))).toMatchObject({ _tag: "NotTheSame", problems: { length: 4 } })
    expect(contents(both.workspace)).toEqual({ other: "other" })
    rmSync(onHost("readme"))
    rmSync(onHost("cafe\u0301"))
    await run(flush(session))
    expectSame()
    renameSync(onHost("README"), onHost("Readme"))
    await run(flush(session))
    expectSame()
  })

  test("takes names as they are", async () => {
    const names = [
      "with space",
      "new\nline",
      "'$(touch x)'",
      "-rf",
      "ü",
      "\u{1F4A9}",
      "..hidden",
      "a\\b",
      "*",
      "n".repeat(255)
    ]
    for (const name of names) writeFileSync(onHost(name), name)
    await run(flush(both.session()))
    expectSame()
    for (const name of names) writeFileSync(onHost(name), `host ${name}`)
    for (const name of names) writeFileSync(inWorkspace(name), `workspace ${name}`)
    await run(flush(both.session()))
    expectSame()
    expect(Object.keys(contents(both.host))).toHaveLength(2 * names.length)
  })

  test("gives new files the permissions of the other side, and leaves a file's own as they are", async () => {
    const session = both.session()
    writeFileSync(onHost("secret"), "1", { mode: 0o600 })
    await run(flush(session))
    expect(statSync(inWorkspace("secret")).mode & 0o777).toBe(0o600)
    chmodSync(inWorkspace("secret"), 0o640)
    writeFileSync(onHost("secret"), "2")
    await run(flush(session))
    expect(statSync(inWorkspace("secret")).mode & 0o777).toBe(0o640)
  })

  test("does nothing when there is nothing to do", async () => {
    const session = both.session()
    writeFileSync(onHost("a"), "1")
    await run(flush(session))
    expect(await run(runRound(session))).toMatchObject({ steps: 0, problems: [], isSame: true })
  })

  test("keeps what it remembers from other people", async () => {
    await run(flush(both.session()))
    expect(statSync(join(both.folder, "memory", "sync.sqlite")).mode & 0o777).toBe(0o600)
  })
})

describe("a root that is not what it was", () => {
  const filled = async () => {
    const session = both.session()
    for (let number = 0; number < 30; number++) writeFileSync(onHost(`file-${number}`), `${number}`)
    await run(flush(session))
    return session
  }

  test("stops the sync when it was emptied, and nothing is deleted", async () => {
    const session = await filled()
    const before = contents(both.host)
    rmSync(both.workspace, { recursive: true })
    mkdirSync(both.workspace)
    expect(await failure(flush(session))).toMatchObject({ _tag: "SyncHalted", reason: "no-token", side: "workspace" })
    expect(contents(both.host)).toEqual(before)
    expect(await run(status(both.memory))).toMatchObject({ word: "halted", halt: { reason: "no-token" } })
    await run(resume(session, { adopt: true }))
    await run(flush(session))
    expect(contents(both.host)).toEqual(before)
    expectSame()
  })

  test("stops the sync when it is gone, which goes on when it is back", async () => {
    const session = await filled()
    renameSync(both.workspace, `${both.workspace}-away`)
    expect(await failure(flush(session))).toMatchObject({ _tag: "SyncHalted", reason: "no-root" })
    renameSync(`${both.workspace}-away`, both.workspace)
    writeFileSync(onHost("more"), "more")
    await run(flush(session))
    expectSame()
  })

  test("stops the sync when the roots are swapped, or another's is there", async () => {
    const session = await filled()
    renameSync(both.host, `${both.host}-away`)
    renameSync(both.workspace, both.host)
    renameSync(`${both.host}-away`, both.workspace)
    expect(await failure(flush(session))).toMatchObject({ _tag: "SyncHalted", reason: "foreign", side: "host" })
  })

  test("brakes when much is gone at once, until it is told to go on", async () => {
    const session = await filled()
    for (let number = 0; number < 25; number++) rmSync(onHost(`file-${number}`))
    expect(await failure(flush(session))).toMatchObject({ _tag: "SyncHalted", reason: "vanished", side: "host" })
    expect(Object.keys(contents(both.workspace))).toHaveLength(30)
    await run(flush(session, { force: true }))
    expectSame()
    expect(Object.keys(contents(both.workspace))).toHaveLength(5)
  })
})

describe("a paused sync", () => {
  test("does nothing, also in another process, until it is resumed", async () => {
    await run(pause(both.memory))
    writeFileSync(onHost("a"), "1")
    expect(await failure(flush(both.session()))).toMatchObject({ _tag: "SyncPaused" })
    expect(await run(status(both.memory))).toMatchObject({ word: "paused" })
    await run(resume(both.session()))
    await run(flush(both.session()))
    expectSame()
  })
})

describe("links", () => {
  test("in a folder's place are not followed out of the root", async () => {
    const session = both.session()
    const outside = join(both.folder, "outside")
    mkdirSync(outside)
    writeFileSync(join(outside, "theirs"), "theirs")
    mkdirSync(onHost("folder"))
    writeFileSync(onHost("folder/theirs"), "ours")
    await run(flush(session))
    rmSync(inWorkspace("folder"), { recursive: true })
    symlinkSync(outside, inWorkspace("folder"))
    writeFileSync(onHost("folder/theirs"), "changed")
    writeFileSync(onHost("folder/new"), "new")
    await run(flush(session))
    expectSame()
    expect(contents(outside)).toEqual({ theirs: "theirs" })
  })
})
