import { afterAll, describe, expect, it } from "vitest"
import { stage } from "../app/workspaces/stage.ts"
import { scratch } from "../support/log.ts"
import { killAtWork } from "./killingWorkspaces.ts"

const cache = scratch()
afterAll(() => cache[Symbol.dispose]())

/** Each takes about two seconds; NEXUS_TEST_KILLS asks for more. */
const kills = Number(process.env["NEXUS_TEST_KILLS"] ?? 40)
const minutes = 60_000

describe("a process that is killed at work on a workspace", () => {
  it("leaves what repair finishes or undoes, and nothing else", { timeout: 15 * minutes }, async () => {
    using at = stage()
    const options = { backend: "process", kills, guess: 1000, cache: cache.path } as const
    const seen = await killAtWork(at, { ...options, besides: () => Promise.resolve() })
    expect(seen).toEqual(["checkpoint", "create", "delete", "restore"])
  })
})
