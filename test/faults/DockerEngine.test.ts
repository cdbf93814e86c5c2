/** An engine that goes away, refuses or hangs, at each point of what is done with a workspace. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dockerBackend } from "../../src/adapters/docker/DockerBackend.ts"
import { list } from "../../src/app/workspaces/Find.ts"
import { remove, start } from "../../src/app/workspaces/Life.ts"
import { restoreCheckpoint } from "../../src/app/workspaces/RestoreCheckpoint.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { scratch } from "../support/log.ts"
import { seed } from "./crashing.ts"
import { stage, type Stage } from "../app/workspaces/stage.ts"
import { inEngine, wayToEngine } from "./engine.ts"

const minutes = 60_000
const folder = scratch()
const socketPath = join(folder.path, "engine.sock")
let way: Awaited<ReturnType<typeof wayToEngine>>
let at: Stage
let log: string
beforeAll(async () => {
  way = await wayToEngine(socketPath)
  at = stage(undefined, (device) => dockerBackend(device, { socketPath }))
  log = await at.run(Effect.map(EventLog, ({ device }) => device))
})
afterAll(async () => {
  way.whole()
  for (const { workspace } of await at.all())
    await at.run(Effect.ignore(dockerBackend(log).remove(workspace.id, { volumes: true })))
  at[Symbol.dispose]()
  await way[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const nothing = () => undefined

/** Everything is as the log has it, in the engine and in the repository. */
const sound = async (): Promise<void> => {
  await at.repair()
  expect(await at.repair()).toEqual([])
  await at.onlyTheLiving()
  const living = (await at.all()).filter(({ workspace }) => workspace.status !== "deleted")
  expect(inEngine(log)).toEqual(
    living.map(({ workspace: { id, status } }) => ({
      workspace: id,
      // One that was made again, and never ran since.
      state: status === "stopped" ? expect.stringMatching(/exited|created/) : status
    }))
  )
}

/**
 * Does it again and again, with more exchanges each time before the engine is gone, until it is done. Each run takes its share of all
 * points, others each time; NEXUS_TEST_EACH=1 takes every one.
 */
const cutAtSome = async (
  stride: number,
  work: () => Promise<{ readonly _tag: "Left" | "Right"; readonly left?: unknown }>,
  between: () => Promise<void>
): Promise<number> => {
  const every = process.env["NEXUS_TEST_EACH"] === undefined ? stride : 1
  for (let exchanges = seed % every; ; exchanges += every) {
    way.after(exchanges)
    const done = await work()
    const wasCut = way.refused() > 0
    way.whole()
    if (!wasCut) {
      expect(done).toMatchObject({ _tag: "Right" })
      return exchanges
    }
    if (done._tag === "Left") {
      expect(["BackendFailed", "BackendUnavailable"]).toContain((done.left as { readonly _tag: string })._tag)
      expect((done.left as Error).message).toMatch(/[.!]$/)
    }
    await between()
  }
}

const either = <A, E>(program: Parameters<typeof at.run<A, E>>[0]) => at.run(Effect.either(program))

describe("an engine that goes away in the middle", () => {
  it("of a creation: it is said, and nothing is left", { timeout: 10 * minutes }, async () => {
    const exchanges = await cutAtSome(2, () => either(at.creation("feat")), sound)
    expect(exchanges).toBeGreaterThan(5)
    await sound()
    expect(await at.find("feat")).toMatchObject({ workspace: { status: "running" } })
  })

  it(
    "of a checkpoint and of its restoring: the files are as they were before or after",
    { timeout: 10 * minutes },
    async () => {
      const kept = await at.checkpoint("feat")
      const file = at.folder("feat", "a.txt")
      writeFileSync(file, "changed\n")
      await cutAtSome(
        4,
        () => either(restoreCheckpoint("feat", kept, nothing)),
        async () => {
          await sound()
          await at.run(start("feat", nothing))
          writeFileSync(file, "changed\n")
        }
      )
      await sound()
    }
  )

  it("of a deletion: it can be done again", { timeout: 10 * minutes }, async () => {
    await cutAtSome(
      2,
      () => either(remove("feat", { force: true })),
      async () => {
        await sound()
        if ((await at.run(list(false))).length === 0) await at.make("feat")
      }
    )
    await sound()
    expect(inEngine(log)).toEqual([])
  })
})

describe("an engine that is not there", () => {
  it("is said at once by what needs it, and is not missed by what does not", async () => {
    await at.make("away")
    way.after(0)
    const refused = (await at.refused(at.creation("other"))) as Error
    expect(refused).toMatchObject({ _tag: "BackendUnavailable" })
    expect((await at.run(list(false))).map(({ workspace }) => workspace.name)).toContain("away")
    await at.onlyTheLiving()
  })
})
