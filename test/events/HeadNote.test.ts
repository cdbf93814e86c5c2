/** The note of the head beside the log. */
import { copyFileSync, existsSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { EventLog } from "../../src/events/EventLog.ts"
import { verify } from "../../src/events/Verify.ts"
import { logAt, scratch } from "../support/log.ts"

const append = (path: string) =>
  Effect.runPromise(
    Effect.flatMap(EventLog, (log) =>
      log.append([
        {
          stream: "s",
          actor: { kind: "system", name: "test" },
          events: [{ type: "HookReceived", payload: { hook: "Test" } }]
        }
      ])
    ).pipe(Effect.provide(logAt(path)))
  )

const verified = (path: string) =>
  Effect.runPromise(Effect.flatMap(EventLog, ({ database }) => verify(database)).pipe(Effect.provide(logAt(path))))

describe("the note of the head", () => {
  it("shows that a log lost its last events, though what is left holds together", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    const older = join(folder.path, "older.db")
    await append(path)
    copyFileSync(path, older)
    await append(path)
    expect((await verified(path)).ok).toBe(true)
    for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true })
    copyFileSync(older, path)
    expect((await verified(path)).finding).toMatchObject({
      position: 2,
      problem: expect.stringMatching(/not there any more/)
    })
  })

  it("is for its owner only, and a log without one verifies by itself", async () => {
    using folder = scratch()
    const path = join(folder.path, "nexus.db")
    await append(path)
    expect(statSync(`${path}.head`).mode & 0o777).toBe(0o600)
    rmSync(`${path}.head`)
    expect((await verified(path)).ok).toBe(true)
    expect(existsSync(`${path}.head`)).toBe(false)
  })
})
