/** Processes are killed while they make, checkpoint, restore and delete a workspace; whatever they leave, repair puts right. */
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { afterAll, describe, expect, it } from "vitest"
import { hashesOf } from "../../src/domain/workspace/Checkpoint.ts"
import { TreeStore } from "../../src/app/ports/TreeStore.ts"
import { stage } from "../app/workspaces/stage.ts"
import { scratch } from "../support/log.ts"
import { startProgram } from "../support/processes.ts"
import { crash } from "./crashing.ts"
import { soundLog } from "./invariants.ts"

const cache = scratch()
afterAll(() => cache[Symbol.dispose]())

/** Each takes about two seconds; NEXUS_TEST_KILLS asks for more. */
const kills = Number(process.env["NEXUS_TEST_KILLS"] ?? 40)
const minutes = 60_000

describe("a process that is killed at work on a workspace", () => {
  it("leaves what repair finishes or undoes, and nothing else", { timeout: 15 * minutes }, async () => {
    using at = stage()
    const main = at.main()
    const seen = new Set<string>()
    let interrupted = 0
    await crash("workspaces", {
      kills,
      reach: 2.5,
      guess: 1000,
      start: (kill) => startProgram("workspaces", [at.home.path, at.repository, String(kill)], cache.path),
      verify: async (steps, kill) => {
        for (const step of steps) seen.add(step)
        const found = await at.repair()
        interrupted += found.filter(({ kind }) => kind === "step-interrupted").length
        await at.onlyTheLiving()
        expect(at.main()).toEqual(main)
        if (kill % 5 === 0) expect(await at.repair()).toEqual([])
        for (const { workspace, checkpoints } of await at.all()) {
          expect(checkpoints.filter(({ status }) => status === "intended")).toEqual([])
          if (workspace.status === "deleted") continue
          expect(workspace.status).toBe("running")
          expect(readFileSync(at.folder("feat", "a.txt"), "utf8")).toMatch(/^(?:one|edit \d+ \d+)\n$/)
          const last = checkpoints.findLast(({ status }) => status === "completed")
          if (last !== undefined && kill % 5 === 0)
            await at.run(
              Effect.flatMap(TreeStore, (trees) => Effect.forEach(hashesOf(last), trees.check, { discard: true }))
            )
        }
      }
    })
    expect([...seen].sort()).toEqual(["checkpoint", "create", "delete", "restore"])
    expect(interrupted).toBeGreaterThan(kills / 5)
    await soundLog(at.home.log)
  })
})
