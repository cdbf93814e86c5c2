/** Processes are killed while they make, checkpoint, restore and delete a workspace; whatever they leave, repair puts right. */
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { hashesOf } from "../../src/domain/workspace/Checkpoint.ts"
import { TreeStore } from "../../src/app/ports/TreeStore.ts"
import type { Stage } from "../app/workspaces/stage.ts"
import { startProgram } from "../support/processes.ts"
import { crash } from "./crashing.ts"
import { soundLog } from "./invariants.ts"

/** `besides`: what else must be true each time all is put right. `guess`: see `Crashes`. */
export const killAtWork = async (
  at: Stage,
  options: {
    readonly backend: "docker" | "process"
    readonly kills: number
    readonly guess: number
    readonly cache: string
    readonly besides: () => Promise<void>
  }
): Promise<ReadonlyArray<string>> => {
  const { backend, kills, guess, cache, besides } = options
  const main = at.main()
  const seen = new Set<string>()
  let interrupted = 0
  await crash("workspaces", {
    kills,
    reach: 2.5,
    guess,
    start: (kill) => startProgram("workspaces", [at.home.path, at.repository, String(kill), backend], cache),
    verify: async (steps, kill) => {
      for (const step of steps) seen.add(step)
      const found = await at.repair()
      interrupted += found.filter(({ kind }) => kind === "step-interrupted").length
      await at.onlyTheLiving()
      await besides()
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
  expect(interrupted).toBeGreaterThan(kills / 5)
  await soundLog(at.home.log)
  return [...seen].sort()
}
