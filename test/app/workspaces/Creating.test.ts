import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { BackendFailed } from "../../../src/app/ports/Backend.ts"
import { create } from "../../../src/app/workspaces/Create.ts"
import { range } from "../../../src/domain/workspace/Ports.ts"
import { spec } from "../../domain/workspace/facts.ts"
import { git } from "../world.ts"
import { type Dressed, put, type Stage, stage } from "./stage.ts"

const silent = () => undefined
const wanted = (name: string) => create({ name, base: "HEAD", spec }, silent)

let at: Stage
beforeEach(() => {
  at = stage()
})
afterEach(() => at[Symbol.dispose]())

const failure = new BackendFailed({ backend: "process", operation: "x", kind: "no-space", detail: "the disk is full" })

describe("a new workspace", () => {
  it("has a worktree and a branch, and runs; the main checkout is as it was, dirty or not", async () => {
    put(join(at.repository, "a.txt"), "mine, not committed\n")
    put(join(at.repository, "untracked"), "mine\n")
    const main = at.main()
    const made = await at.make("feat")
    expect(made).toMatchObject({ name: "feat", status: "running", branch: "nexus/feat", pending: null })
    expect(git(at.folder("feat"), "status", "--porcelain", "--branch")).toBe("## nexus/feat")
    expect(at.main()).toEqual(main)
    await at.onlyTheLiving()
  })

  it("is recorded step by step", async () => {
    await at.make("feat")
    const types = (await at.events()).map(({ type }) => type).filter((type) => type.startsWith("Workspace"))
    const step = ["WorkspaceStepRequested", "WorkspaceStepDone"]
    expect(types).toEqual(["WorkspaceRequested", ...step, ...step, ...step, "WorkspaceStarted"])
  })

  it("can be made ten at a time, each with ports of its own", { timeout: 180_000 }, async () => {
    const services = [{ name: "web", port: 80, protocol: "tcp" as const }]
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        at.run(create({ name: `feat-${index}`, base: "HEAD", spec: { ...spec, services } }, silent))
      )
    )
    const ports = made.flatMap((one) => one.ports.map(({ hostPort }) => hostPort))
    expect(new Set(ports).size).toBe(10)
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(range.first)
    await at.onlyTheLiving()
  })

  it("of one name is one when two ask at once", async () => {
    const [one, other] = await Promise.allSettled([at.make("feat"), at.make("feat")])
    expect([one.status, other.status].toSorted()).toEqual(["fulfilled", "rejected"])
    expect(existsSync(at.folder("feat", "a.txt"))).toBe(true)
    await at.onlyTheLiving()
  })
})

describe("a creation that fails", () => {
  const at_: Readonly<Record<string, Dressed>> = {
    "making the environment": (one) => ({ ...one, create: () => failure }),
    starting: (one) => ({ ...one, start: () => failure })
  }

  it.each(Object.keys(at_))("at %s is undone, and says why", async (step) => {
    const main = at.main()
    expect(await at.refused(wanted("feat"), undefined, at_[step])).toBe(failure)
    await at.onlyTheLiving()
    expect(at.main()).toEqual(main)
    expect((await at.all()).map(({ workspace }) => workspace.status)).toEqual(["deleted"])
    const failed = (await at.events()).find(({ type }) => type === "WorkspaceStepFailed")
    expect(failed?.payload).toMatchObject({ reason: expect.stringContaining("the disk is full") as string })
    // Its name is free again.
    await at.make("feat")
  })

  it("at its worktree is undone", async () => {
    // What checks the branch out in between is somebody else's.
    writeFileSync(join(at.repository, ".worktree"), "in the way\n")
    expect(await at.refused(wanted("feat"))).toMatchObject({ _tag: "WorktreeRefused" })
    expect(git(at.repository, "branch", "--list", "nexus/*")).toBe("")
    expect((await at.all()).filter(({ workspace }) => workspace.status !== "deleted")).toEqual([])
  })

  it("since it was given up midway is undone", async () => {
    const main = at.main()
    await at.run(
      Effect.gen(function* () {
        const began = yield* Deferred.make<void>()
        const words: Array<string> = []
        const running = yield* Effect.fork(
          create({ name: "feat", base: "HEAD", spec }, (text) => {
            words.push(text)
            if (text === "Making the environment") Effect.runSync(Deferred.succeed(began, undefined))
          })
        )
        yield* Deferred.await(began)
        yield* Fiber.interrupt(running)
      }),
      undefined,
      (one) => ({ ...one, create: () => Effect.never })
    )
    await at.onlyTheLiving()
    expect(at.main()).toEqual(main)
    expect((await at.all()).map(({ workspace }) => workspace.status)).toEqual(["deleted"])
  })

  it("and can't be undone at once is undone by repair", async () => {
    await at.refused(wanted("feat"), undefined, (one) => ({ ...one, create: () => failure, remove: () => failure }))
    expect((await at.find("feat")).workspace.status).toBe("failed")
    expect(await at.repair()).toMatchObject([{ kind: "step-interrupted", healed: "it is deleted" }])
    await at.onlyTheLiving()
  })
})

describe("a name", () => {
  it.each([
    ["Feat", /feat/],
    ["ünïcode", /unicode/],
    ["文件", /feat-x/],
    ["a".repeat(200), /a{48}$/],
    ["../x", /Such as: x/],
    ["-f", /Such as: f/],
    ["a b", /a-b/],
    ["", /feat-x/],
    ["main", /main-work/]
  ])("%s is refused, with one like it that is not", async (name, hint) => {
    const refused = await at.refused(wanted(name))
    expect(refused).toMatchObject({ _tag: "WorkspaceRefused", hint: expect.stringMatching(hint) as string })
    expect(await at.all()).toEqual([])
  })

  it("that is taken is refused, and free again once the workspace is deleted", async () => {
    await at.make("feat")
    expect(await at.refused(wanted("feat"))).toMatchObject({
      reason: "There is a workspace feat already; it is running.",
      hint: expect.stringContaining("nexus workspace show feat") as string
    })
    await at.onlyTheLiving()
  })

  it("whose branch is somebody's is refused, and the branch stays", async () => {
    git(at.repository, "branch", "nexus/feat")
    expect(await at.refused(wanted("feat"))).toMatchObject({ kind: "branch-taken" })
    expect(git(at.repository, "branch", "--list", "nexus/feat", "--format=%(refname)")).toBe("refs/heads/nexus/feat")
    expect(await at.all()).toEqual([])
  })
})

describe("a repository", () => {
  it("that is bare, empty, or none is refused with what to do", async () => {
    const folder = (name: string) => {
      mkdirSync(join(at.root, name))
      return join(at.root, name)
    }
    const bare = folder("bare")
    git(bare, "init", "--quiet", "--bare")
    const empty = folder("empty")
    git(empty, "init", "--quiet")
    for (const where of [bare, empty, folder("plain")]) {
      const refused = await at.refused(wanted("feat"), where)
      expect((refused as Error).message).not.toBe("")
    }
    expect(await at.all()).toEqual([])
  })

  it("with a detached HEAD, or in the middle of a rebase from a named base, has workspaces", async () => {
    git(at.repository, "checkout", "--quiet", "--detach")
    await at.make("detached")
    git(at.repository, "switch", "--quiet", "main")
    git(at.repository, "switch", "--quiet", "--create", "topic")
    put(join(at.repository, "a.txt"), "topic\n")
    git(at.repository, "commit", "--quiet", "--all", "--message", "topic")
    git(at.repository, "switch", "--quiet", "main")
    put(join(at.repository, "a.txt"), "main\n")
    git(at.repository, "commit", "--quiet", "--all", "--message", "main")
    expect(() => git(at.repository, "rebase", "topic")).toThrow(/Command failed/)
    expect(await at.refused(wanted("rebase"))).toMatchObject({ kind: "in-progress" })
    const main = at.main()
    await at.run(create({ name: "rebase", base: "topic", spec }, silent))
    expect(at.main()).toEqual(main)
    await at.onlyTheLiving()
  })

  it("has no more workspaces than there are ports, and says so", async () => {
    // All but some, in two workspaces: what is asked for is one event, which may be so large and no larger. Other programs may hold
    // some of the rest meanwhile.
    const others = 60
    const half = (range.last - range.first + 1) / 2
    const services = Array.from({ length: half }, (_, index) => ({
      name: `s${index}`,
      port: index + 1,
      protocol: "tcp" as const
    }))
    await at.run(create({ name: "half", base: "HEAD", spec: { ...spec, services } }, silent))
    await at.run(create({ name: "rest", base: "HEAD", spec: { ...spec, services: services.slice(others) } }, silent))
    const more = create(
      { name: "more", base: "HEAD", spec: { ...spec, services: services.slice(0, others + 1) } },
      silent
    )
    expect(await at.refused(more)).toMatchObject({ reason: expect.stringContaining("are reserved") as string })
    await at.run(create({ name: "one", base: "HEAD", spec: { ...spec, services: services.slice(0, 1) } }, silent))
    await at.onlyTheLiving()
  })
})
