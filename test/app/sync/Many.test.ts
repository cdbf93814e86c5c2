import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { expect, test } from "vitest"
import { runRound } from "../../../src/app/sync/Round.ts"
import { contents, pair } from "./pair.ts"

test(
  "ten thousand files are synced, and a round with nothing to do does not read them",
  { timeout: 180_000 },
  async () => {
    const both = await pair()
    try {
      for (let folder = 0; folder < 100; folder++) {
        mkdirSync(join(both.host, `folder-${folder}`))
        for (let file = 0; file < 100; file++)
          writeFileSync(join(both.host, `folder-${folder}`, `file-${file}`), `${folder} ${file} `.repeat(100))
      }
      const session = both.session()
      const timed = async (what: string) => {
        const began = performance.now()
        const round = await Effect.runPromise(runRound(session))
        process.stdout.write(`10,000 files, ${what}: ${Math.round(performance.now() - began)} ms\n`)
        return round
      }
      expect(await timed("first round")).toMatchObject({ steps: 10_100, isSame: true })
      expect(await timed("nothing to do, hashed again")).toMatchObject({ steps: 0 })
      expect(await timed("nothing to do")).toMatchObject({ steps: 0 })
      for (let folder = 0; folder < 100; folder++) {
        writeFileSync(join(both.workspace, `folder-${folder}`, "file-1"), "changed")
        writeFileSync(join(both.host, `folder-${folder}`, "new"), "new")
      }
      expect(await timed("200 changed")).toMatchObject({ steps: 200, isSame: true })
      for (let folder = 0; folder < 40; folder++) rmSync(join(both.host, `folder-${folder}`), { recursive: true })
      expect(await timed("4,000 deleted")).toMatchObject({ isSame: true })
      expect(contents(both.workspace)).toEqual(contents(both.host))
    } finally {
      await both.end()
    }
  }
)
