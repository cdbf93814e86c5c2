/** A process that syncs, killed at any moment. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { setTimeout } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { expect, test } from "vitest"
import { conflicts, flush } from "../../../src/app/sync/Sync.ts"
import type { SideName } from "../../../src/domain/sync/Entry.ts"
import { contents, type Pair, pair } from "./pair.ts"

const program = join(import.meta.dirname, "programs", "sync.ts")
const kills = 8
const files = 120

const killedAfter = async (both: Pair, milliseconds: number): Promise<void> => {
  const child = spawn(
    process.execPath,
    [program, both.host, both.workspace, join(both.folder, "memory", "sync.sqlite")],
    {
      stdio: ["ignore", "pipe", "inherit"]
    }
  )
  await once(child.stdout, "data")
  await setTimeout(milliseconds)
  expect(child.exitCode).toBe(null)
  child.kill("SIGKILL")
  await once(child, "close")
}

test(
  "a sync that is killed in the middle loses nothing, makes no conflict, and comes to the end when it runs again",
  { timeout: 180_000 },
  async () => {
    const both = await pair()
    const wanted: Record<string, string> = {}
    const write = (side: SideName, path: string, content: string) => {
      mkdirSync(dirname(join(both[side], path)), { recursive: true })
      writeFileSync(join(both[side], path), content)
      wanted[path] = content
    }
    try {
      for (let kill = 0; kill < kills; kill++) {
        for (let number = 0; number < files; number++) {
          // Each path has one side that changes it in a round, so that there is nothing to conflict.
          const side = (number + kill) % 2 === 0 ? "host" : "workspace"
          const path = `folder-${number % 7}/file-${number}`
          if (number % 5 === kill % 5 && path in wanted) {
            rmSync(join(both[side], path), { force: true })
            delete wanted[path]
          } else write(side, path, `${kill}-${number}-${"x".repeat(number * 50)}`)
        }
        await killedAfter(both, (kill * 37) % 230)
        await Effect.runPromise(flush(both.session()))
        const host = contents(both.host)
        expect(contents(both.workspace)).toEqual(host)
        expect(Object.fromEntries(Object.entries(host).filter(([, content]) => content !== "/"))).toEqual(wanted)
      }
      expect(await Effect.runPromise(conflicts(both.memory))).toEqual([])
    } finally {
      await both.end()
    }
  }
)
