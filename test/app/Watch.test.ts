import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { expect, it } from "vitest"
import * as ChokidarWatcher from "../../src/adapters/watch/ChokidarWatcher.ts"
import { checkoutHere, registerCheckout } from "../../src/app/ProjectOf.ts"
import { type Notice, watch } from "../../src/app/Watch.ts"
import { checkoutWith } from "./snapshot/bash.ts"
import { git, payload, world, type World, written } from "./world.ts"

/** Runs `body` while the checkout is watched; `next` waits for what the watch tells next. */
const watching = (at: World, checkout: string, body: (next: () => Promise<Notice>) => Promise<void>): Promise<void> =>
  at.run(
    Effect.gen(function* () {
      const { project } = yield* registerCheckout(yield* checkoutHere)
      const place = { project, checkout: { top: checkout, path: checkout } }
      const told = yield* Queue.unbounded<Notice>()
      const next = () => Effect.runPromise(Queue.take(told))
      const watched = Stream.runForEach(watch(place), (notice) => Queue.offer(told, notice))
      const acted = Effect.promise(async () => {
        expect(await next()).toEqual({ kind: "watching", checkout })
        await body(next)
      })
      // A watch that fails ends the test with its failure.
      yield* Effect.raceFirst(Effect.zipRight(watched, Effect.never), acted)
    }).pipe(Effect.provide(ChokidarWatcher.layer)),
    checkout
  )

const seen = async (at: World) =>
  Promise.all(
    (await at.ofType("FileObserved")).map(async ({ payload: { path, by, content } }) => [
      path,
      by,
      content === null ? null : await at.blob(content.blob)
    ])
  )

it("keeps what a person writes and deletes, and nothing of what git ignores", async () => {
  using at = world()
  const checkout = checkoutWith(at, { "a.txt": "one\n", "b.txt": "b\n", ".gitignore": "out/\n" })
  await watching(at, checkout, async (next) => {
    at.put("project/out/x.txt", "x\n")
    writeFileSync(join(checkout, "a.txt"), "typed\n")
    expect(await next()).toEqual({ kind: "written", checkout, path: "a.txt" })
    rmSync(join(checkout, "b.txt"))
    expect(await next()).toEqual({ kind: "deleted", checkout, path: "b.txt" })
  })
  expect(await seen(at)).toEqual([
    ["a.txt", "watch", "typed\n"],
    ["b.txt", "watch", null]
  ])
})

it("leaves to agents what they wrote, and to git what it put there", async () => {
  using at = world()
  const checkout = checkoutWith(at, { "a.txt": "one\n" })
  await watching(at, checkout, async (next) => {
    const call = written(join(checkout, "agent.txt"), "agent\n", { cwd: checkout })
    const { tool_name, tool_use_id, tool_input } = call
    await at.record(payload("PreToolUse", { cwd: checkout, tool_name, tool_use_id, tool_input }))
    at.put("project/agent.txt", "agent\n")
    at.deliver(call)
    git(checkout, "checkout", "--quiet", "-b", "other")
    writeFileSync(join(checkout, "a.txt"), "typed\n")
    expect(await next()).toEqual({ kind: "written", checkout, path: "a.txt" })
    git(checkout, "commit", "--quiet", "--all", "--message", "typed")
    git(checkout, "checkout", "--quiet", "main")
    at.put("project/last.txt", "last\n")
    expect(await next()).toEqual({ kind: "written", checkout, path: "last.txt" })
  })
  expect((await seen(at)).map(([path]) => path)).toEqual(["a.txt", "last.txt"])
  expect(readFileSync(join(checkout, "a.txt"), "utf8")).toBe("one\n")
})

it("keeps no secret", async () => {
  using at = world()
  const checkout = checkoutWith(at, {})
  const secret = `ghp_${"a1B2c3D4e5F6".repeat(3)}`
  await watching(at, checkout, async (next) => {
    at.put("project/notes.txt", `token ${secret}\n`)
    expect(await next()).toMatchObject({ path: "notes.txt" })
  })
  expect((await at.blobs()).join("\n")).not.toContain(secret)
})
