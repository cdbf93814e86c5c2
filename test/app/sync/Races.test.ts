/** Somebody writes at the last moment: between the scan and the change, or while it is made. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import { afterEach, beforeEach, expect, test } from "vitest"
import type { SyncSide } from "../../../src/app/ports/SyncSide.ts"
import { runRound } from "../../../src/app/sync/Round.ts"
import { flush, start, status } from "../../../src/app/sync/Sync.ts"
import { contents, type Pair, pair } from "./pair.ts"

let both: Pair
beforeEach(async () => {
  both = await pair()
})
afterEach(() => both.end())

const onHost = (path: string) => join(both.host, path)
const inWorkspace = (path: string) => join(both.workspace, path)
const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)
const expectSame = () => expect(contents(both.workspace)).toEqual(contents(both.host))

type Change = "putFile" | "remove" | "changeMode" | "makeFolder" | "settle" | "putLink"

/** Does something right before the first call of a kind in the workspace. */
const before =
  (change: Change, act: () => void) =>
  (side: SyncSide): SyncSide => {
    if (side.side === "host") return side
    let isDone = false
    const call = (...args: ReadonlyArray<never>): Effect.Effect<never> =>
      Effect.suspend(() => {
        if (!isDone) act()
        isDone = true
        return (side[change] as unknown as (...args: ReadonlyArray<never>) => Effect.Effect<never>)(...args)
      })
    return { ...side, [change]: call }
  }

const agreedOn = async (path: string) => {
  writeFileSync(onHost(path), "1")
  await run(flush(both.session()))
}

test("a file that is written before it is replaced is not replaced, and both versions are kept", async () => {
  await agreedOn("file")
  writeFileSync(onHost("file"), "by the host")
  const session = both.session(
    {},
    before("putFile", () => writeFileSync(inWorkspace("file"), "at the last moment"))
  )
  expect(await run(runRound(session))).toMatchObject({ isSame: false, problems: [{ path: "file", passes: true }] })
  expect(readFileSync(inWorkspace("file"), "utf8")).toBe("at the last moment")
  await run(flush(session))
  expectSame()
  expect(Object.values(contents(both.host)).sort()).toEqual(["at the last moment", "by the host"])
})

test("a file that is written before it is removed stays", async () => {
  await agreedOn("file")
  rmSync(onHost("file"))
  await run(
    flush(
      both.session(
        {},
        before("remove", () => writeFileSync(inWorkspace("file"), "wanted"))
      )
    )
  )
  expectSame()
  expect(contents(both.host)).toEqual({ file: "wanted" })
})

test("a write to the old file through an open descriptor, after it was replaced, is saved beside it", async () => {
  await agreedOn("file")
  writeFileSync(onHost("file"), "by the host")
  const { openSync, writeSync, closeSync } = await import("node:fs")
  const open = openSync(inWorkspace("file"), "r+")
  const session = both.session(
    {},
    before("settle", () => writeSync(open, "late"))
  )
  await run(runRound(session))
  closeSync(open)
  await run(flush(session))
  expectSame()
  expect(Object.values(contents(both.host)).sort()).toEqual(["by the host", "late"])
})

test("a file that appears where a new one is to be put is not replaced", async () => {
  writeFileSync(onHost("new"), "by the host")
  await run(
    flush(
      both.session(
        {},
        before("putFile", () => writeFileSync(inWorkspace("new"), "theirs"))
      )
    )
  )
  expectSame()
  expect(Object.values(contents(both.host)).sort()).toEqual(["by the host", "theirs"])
})

test("a folder that gets a new file before it is removed stays with it", async () => {
  mkdirSync(onHost("folder"))
  await agreedOn("folder/file")
  rmSync(onHost("folder"), { recursive: true })
  await run(
    flush(
      both.session(
        {},
        before("remove", () => writeFileSync(inWorkspace("folder/new"), "new"))
      )
    )
  )
  expectSame()
  expect(contents(both.host)).toEqual({ folder: "/", "folder/new": "new" })
})

test("a folder that becomes a link out of the root before a file is put in it is not written through", async () => {
  mkdirSync(onHost("folder"))
  await agreedOn("folder/file")
  const outside = join(both.folder, "outside")
  mkdirSync(outside)
  writeFileSync(onHost("folder/file"), "2")
  writeFileSync(onHost("folder/new"), "new")
  const swap = () => {
    renameSync(inWorkspace("folder"), join(both.folder, "away"))
    symlinkSync(outside, inWorkspace("folder"))
  }
  await run(flush(both.session({}, before("putFile", swap))))
  expect(contents(outside)).toEqual({})
  expectSame()
})

test("a root that is swapped between the scan and the changes is not touched", async () => {
  await agreedOn("file")
  writeFileSync(onHost("file"), "2")
  const swap = () => {
    renameSync(both.workspace, `${both.workspace}-away`)
    mkdirSync(both.workspace)
    writeFileSync(inWorkspace("file"), "another's")
  }
  const exit = await run(Effect.either(runRound(both.session({}, before("putFile", swap)))))
  expect(exit._tag).toBe("Left")
  expect(contents(both.workspace)).toEqual({ file: "another's" })
})

test("status tells what a round is at, and that a round which was cut is over", async () => {
  await agreedOn("file")
  writeFileSync(onHost("file"), "2")
  let during: unknown
  const look = Effect.flatMap(status(both.memory), ({ word, steps }) => {
    during = { word, steps }
    return Effect.die("cut")
  })
  const session = both.session({}, (side) =>
    side.side === "host" ? side : { ...side, putFile: () => look.pipe(Effect.orDie) }
  )
  await Effect.runPromiseExit(runRound(session))
  expect(during).toEqual({ word: "applying", steps: 1 })
  expect(await run(status(both.memory))).toMatchObject({ word: "idle", conflictCount: 0 })
})

test("a sync that runs takes over changes by itself, while somebody keeps writing, and loses none", async () => {
  await agreedOn("log")
  const rounds = Effect.runFork(start(both.session(), { interval: 300, rest: 10 }))
  for (let line = 0; line < 40; line++) {
    appendFileSync(onHost("log"), `${line}\n`)
    writeFileSync(inWorkspace(`made-${line}`), `${line}`)
    await run(Effect.sleep(5))
  }
  await run(
    Effect.repeat(status(both.memory), {
      until: () => existsSync(onHost("made-39")),
      schedule: Schedule.spaced(20)
    }).pipe(Effect.timeout(20_000), Effect.orDie)
  )
  await run(Fiber.interrupt(rounds))
  await run(flush(both.session()))
  expectSame()
  expect(readFileSync(onHost("log"), "utf8").trim().split("\n")).toHaveLength(40)
  expect(Object.keys(contents(both.host))).toHaveLength(41)
})
