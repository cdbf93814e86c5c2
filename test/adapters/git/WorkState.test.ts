/** Looking at a checkout's files before anything else is loaded. */
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import * as GitRepositories from "../../../src/adapters/git/GitRepositories.ts"
import { beginLook, looked } from "../../../src/adapters/git/WorkState.ts"
import { expectedBase, expectNoStops, expectStops } from "../../../src/app/boulder/Held.ts"
import { Repositories } from "../../../src/app/ports/Repositories.ts"
import { git, repository, world } from "../../app/world.ts"

describe("a look that was begun", () => {
  it("finds what asking git step by step finds, and leaves nothing behind", async () => {
    using at = world()
    const top = repository(join(at.root, "shop"), "feat: begin")
    writeFileSync(join(top, "gone.txt"), "gone\n")
    git(top, "add", "--all")
    git(top, "commit", "--quiet", "--message", "feat: more")
    const base = git(top, "rev-parse", "HEAD").trim()
    rmSync(join(top, "gone.txt"))
    writeFileSync(join(top, "it's new.txt"), "new\n")
    const asked = await Effect.gen(function* () {
      return yield* (yield* Repositories).treeSince({ top, path: top }, base)
    }).pipe(Effect.provide(GitRepositories.layer), Effect.runPromise)
    const objects = readdirSync(join(top, ".git/objects")).length
    beginLook(top, base)
    // Whoever asks about another commit or checkout gets nothing of it.
    expect(looked(top, null)).toBeUndefined()
    expect(looked(join(at.root, "other"), base)).toBeUndefined()
    const seen = await looked(top, base)
    expect(seen).toEqual({ tree: asked.tree, status: expect.any(String), gone: "D\0gone.txt\0" })
    expect(seen?.status).toContain("? it's new.txt\0")
    expect(readdirSync(join(top, ".git/objects"))).toHaveLength(objects)
  })

  it("says nothing where git can't tell", async () => {
    using at = world()
    const top = repository(join(at.root, "shop"), "feat: begin")
    beginLook(top, "0".repeat(40))
    expect(await looked(top, "0".repeat(40))).toBeUndefined()
  })
})

describe("where stops are expected", () => {
  it("is noted, forgotten, and never taken from what is no note", () => {
    using at = world()
    const file = join(at.root, "held.json")
    const base = "a".repeat(40)
    expect(expectedBase(file, "/shop")).toBeUndefined()
    expectStops(file, "/shop", base)
    expectStops(file, "/other", null)
    expect([expectedBase(file, "/shop"), expectedBase(file, "/other")]).toEqual([base, null])
    expectNoStops(file, "/shop")
    expect(expectedBase(file, "/shop")).toBeUndefined()
    for (const text of ['{"/shop":"--upload-pack=x"}', "[", "7"]) {
      writeFileSync(file, text)
      expect(expectedBase(file, "/shop")).toBeUndefined()
    }
    rmSync(file)
    expectNoStops(file, "/shop")
    expect(existsSync(file)).toBe(false)
  })
})
