import * as Effect from "effect/Effect"
import { afterAll, describe, expect, it } from "vitest"
import { dockerBackend } from "../../src/adapters/docker/DockerBackend.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import { stage } from "../app/workspaces/stage.ts"
import { scratch } from "../support/log.ts"
import { killAtWork } from "./killingWorkspaces.ts"
import { inEngine } from "./engine.ts"

const cache = scratch()
afterAll(() => cache[Symbol.dispose]())

/** Each takes some seconds; NEXUS_TEST_KILLS asks for more. */
const kills = Number(process.env["NEXUS_TEST_KILLS"] ?? 12)
const minutes = 60_000

describe("a process that is killed at work on a workspace in a container", () => {
  it("leaves no container, network, volume or image that repair does not find", { timeout: 25 * minutes }, async () => {
    using at = stage(undefined, (log) => dockerBackend(log))
    const options = { backend: "docker", kills, guess: 4000, cache: cache.path } as const
    const log = await at.run(Effect.map(EventLog, ({ device }) => device))
    const besides = async () => {
      const living = (await at.all()).filter(({ workspace }) => workspace.status !== "deleted")
      expect(inEngine(log)).toEqual(living.map(({ workspace: { id } }) => ({ workspace: id, state: "running" })))
    }
    try {
      await killAtWork(at, { ...options, besides })
    } finally {
      for (const { workspace } of await at.all())
        await at.run(Effect.ignore(dockerBackend(log).remove(workspace.id, { volumes: true })))
    }
    expect(inEngine(log)).toEqual([])
  })
})
