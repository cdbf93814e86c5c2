/** A log that other processes write to, hold, or take away. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import * as Database from "../../src/events/Database.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { scratch } from "../support/log.ts"
import { commit, details, onLogAt } from "./support/samples.ts"

const append = (...texts: ReadonlyArray<string>) => Effect.flatMap(EventLog, (log) => log.append([commit("s", texts)]))

describe("a log that another process is writing to", () => {
  const held = async (path: string) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "support/holds.ts"), path], {
      stdio: ["pipe", "pipe", "inherit"]
    })
    await once(child.stdout, "data")
    return async () => {
      child.stdin.end()
      await once(child, "close")
    }
  }

  it("is waited for, and nothing fails", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    const receipts = await onLogAt(
      path,
      Effect.gen(function* () {
        yield* append("before")
        const release = yield* Effect.promise(() => held(path))
        const [receipts] = yield* Effect.all(
          [append("waits"), Effect.promise(release).pipe(Effect.delay("300 millis"))],
          { concurrency: "unbounded" }
        )
        return receipts
      })
    )
    expect(receipts).toEqual([{ repeated: false, first: 2, last: 2, version: 2 }])
    expect(await onLogAt(path, details())).toEqual(["before", "waits"])
  })

  it("is given up on by name, once patience has run out", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    await onLogAt(
      path,
      Effect.gen(function* () {
        const { database } = yield* EventLog
        const release = yield* Effect.promise(() => held(path))
        const failure = yield* Effect.flip(Database.immediate(database, () => undefined, 100))
        expect(failure).toMatchObject({ _tag: "LogBusy", path })
        expect((failure as { waitedMs: number }).waitedMs).toBeGreaterThanOrEqual(100)
        yield* Effect.promise(release)
        yield* append("after")
      })
    )
  })

  it("can be read meanwhile", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    await onLogAt(path, append("1"))
    const release = await held(path)
    expect(await onLogAt(path, details())).toEqual(["1"])
    await release()
  })
})

describe("a log that is taken away while it is open", () => {
  const replaced = (path: string, change: () => unknown) =>
    onLogAt(
      path,
      Effect.gen(function* () {
        yield* append("recorded")
        yield* Effect.promise(async () => change())
        return yield* Effect.flip(append("not recorded"))
      })
    )

  it("by deleting it fails the next append, instead of losing what it appends", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    const failure = await replaced(path, () => rmSync(path))
    expect(failure).toMatchObject({ _tag: "LogReplaced", path })
  })

  it("by moving another to its name fails the next append, and neither log has it", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    const other = join(folder.path, "other.db")
    const aside = join(folder.path, "aside.db")
    await onLogAt(other, append("other"))
    const failure = await replaced(path, () => {
      for (const suffix of ["", "-wal", "-shm"])
        if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
      renameSync(other, path)
    })
    expect(failure._tag).toBe("LogReplaced")
    expect(await onLogAt(path, details())).toEqual(["other"])
    expect(await onLogAt(aside, details())).toEqual(["recorded"])
  })

  it("is not one that was only closed and opened elsewhere", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    await onLogAt(
      path,
      Effect.gen(function* () {
        yield* append("1")
        yield* Effect.promise(() => onLogAt(path, append("2")))
        yield* append("3")
        expect(yield* details()).toEqual(["1", "2", "3"])
      })
    )
  })
})
