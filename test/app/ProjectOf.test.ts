import { renameSync, rmSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { Repositories } from "../../src/app/ports/Repositories.ts"
import { projectOf, registerCheckout } from "../../src/app/ProjectOf.ts"
import { git, repository, world, type World } from "./world.ts"

/** The project of a folder that a hook ran in. */
const hooked = (at: World, folder: string) => at.run(projectOf(folder)).then((located) => located?.project)

/** What `nexus init` does to know the project of a folder. */
const initialised = (at: World, folder: string) =>
  at.run(
    Effect.gen(function* () {
      const checkout = (yield* Repositories).checkoutOf(folder)
      if (checkout === undefined) throw new Error(`${folder} is in no checkout`)
      return (yield* registerCheckout(checkout)).project
    })
  )

describe("which project a folder belongs to", () => {
  it("is one for all folders of a checkout, and none outside of repositories", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    const project = await hooked(at, top)
    expect(project).toMatch(/^prj_[0-9a-f]{16}$/)
    expect(await hooked(at, at.folder("project/a/b c"))).toBe(project)
    expect(await hooked(at, at.folder("elsewhere"))).toBeUndefined()
    expect(await at.ofType("ProjectRegistered")).toHaveLength(1)
  })

  it("is the same for a second clone, a linked worktree, a moved checkout and a symbolic link to one", async () => {
    using at = world()
    const origin = repository(join(at.root, "origin.d"))
    const [first, second, tree, moved, link] = ["first", "second", "tree", "moved", "link"].map((name) =>
      join(at.root, name)
    ) as [string, string, string, string, string]
    git(at.root, "clone", "--quiet", origin, first)
    git(at.root, "clone", "--quiet", origin, second)
    git(first, "worktree", "add", "--quiet", "-b", "side", tree)
    const project = await hooked(at, first)
    expect(await hooked(at, second)).toBe(project)
    expect(await hooked(at, tree)).toBe(project)
    symlinkSync(first, link)
    expect(await hooked(at, link)).toBe(project)
    renameSync(second, moved)
    expect(await hooked(at, moved)).toBe(project)
    expect(await at.ofType("ProjectRegistered")).toHaveLength(1)
    expect((await at.ofType("CheckoutSeen")).map(({ payload }) => payload.path)).toEqual([second, tree, moved])
  })

  it("is another for a fork: the same first commit, another remote", async () => {
    using at = world()
    const origin = repository(join(at.root, "origin.d"))
    const fork = join(at.root, "fork")
    git(at.root, "clone", "--quiet", origin, fork)
    git(origin, "remote", "add", "origin", "https://example.com/ada/engine.git")
    git(fork, "remote", "set-url", "origin", "git@example.com:charles/engine.git")
    const [original, forked] = [await hooked(at, origin), await hooked(at, fork)]
    expect(forked).not.toBe(original)
    const registered = await at.ofType("ProjectRegistered")
    expect(registered.map(({ payload }) => payload.remote)).toEqual([
      "example.com/ada/engine",
      "example.com/charles/engine"
    ])
  })

  it("is kept by an empty repository that gets its first commit and then a remote", async () => {
    using at = world()
    const top = at.folder("project")
    git(top, "init", "--quiet")
    const project = await initialised(at, top)
    git(top, "commit", "--quiet", "--allow-empty", "--message", "first")
    expect(await initialised(at, top)).toBe(project)
    git(top, "remote", "add", "origin", "https://example.com/ada/engine.git")
    expect(await initialised(at, top)).toBe(project)
    const clone = join(at.root, "clone")
    git(at.root, "clone", "--quiet", top, clone)
    git(clone, "remote", "set-url", "origin", "ssh://git@example.com/ada/engine")
    expect(await hooked(at, clone)).toBe(project)
    expect((await at.ofType("ProjectIdentified")).map(({ payload }) => payload.remote)).toEqual([
      null,
      "example.com/ada/engine"
    ])
  })

  it("is one for both when two processes meet a checkout at once", async () => {
    using at = world()
    const top = repository(join(at.root, "project"))
    const [first, second] = await Promise.all([hooked(at, top), hooked(at, top)])
    expect(second).toBe(first)
    expect(await at.ofType("ProjectRegistered")).toHaveLength(1)
    expect(await at.ofType("CheckoutSeen")).toHaveLength(0)
  })

  it("is that of the repository which is initialised there now, not of one that was there before", async () => {
    using at = world()
    const top = join(at.root, "project")
    const seen: Array<unknown> = []
    for (const message of ["one", "two", "three", "four"]) {
      rmSync(top, { recursive: true, force: true })
      repository(top, message)
      const project = await initialised(at, top)
      expect(seen).not.toContain(project)
      seen.push(project)
      expect(await hooked(at, top)).toBe(project)
      expect(await hooked(at, join(top, "a folder that is gone"))).toBe(project)
    }
  })
})
