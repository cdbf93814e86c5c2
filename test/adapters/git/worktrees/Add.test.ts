import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { describe, expect, it, vi } from "vitest"
import { git } from "../../../app/world.ts"
import { run } from "../stage.ts"
import { failure, inside, outside, photograph, project, put, worktrees } from "./site.ts"

describe("a new worktree", () => {
  it("has the base's files on a branch of its own, locked, ignored, with a private git directory", async () => {
    using at = project()
    const commit = at.commit({ "a.txt": "1\n", "b/c.txt": "2\n" })
    const site = await at.make()
    expect(readFileSync(join(site.folder, "b/c.txt"), "utf8")).toBe("2\n")
    expect(outside(site, "status", "--porcelain=v2", "--branch")).toBe(
      `# branch.oid ${commit}\n# branch.head nexus/feat`
    )
    expect(at.git("worktree", "list", "--porcelain")).toContain(`locked nexus:${site.workspace}`)
    expect(at.git("status", "--porcelain")).toBe("")
    expect(readFileSync(join(at.top, ".git/info/exclude"), "utf8")).toMatch(/\n\/\.worktree\/\n$/)
    expect(inside(site, "status", "--porcelain=v2", "--branch")).toBe(
      `# branch.oid ${commit}\n# branch.head nexus/feat`
    )
    expect(inside(site, "config", "user.name")).toBe("Ada")
    expect(statSync(site.gitDirectory ?? "").mode & 0o777).toBe(0o700)
  })

  it.each([
    ["a branch", "other", {}],
    ["a tag", "v1", {}],
    ["a commit", "HEAD~1", {}],
    ["a remote's branch", "origin/far", {}],
    ["a branch that one remote has", "far", {}]
  ])("begins at %s", async (_, base) => {
    using at = project()
    const first = at.commit({ a: "1" })
    at.git("branch", "other", first)
    at.git("tag", "--annotate", "--message", "x", "v1", first)
    at.git("update-ref", "refs/remotes/origin/far", first)
    at.commit({ a: "2" })
    const site = await at.make("feat", { base })
    expect(outside(site, "rev-parse", "HEAD")).toBe(first)
  })

  it("leaves a dirty main worktree as it is, byte for byte", async () => {
    using at = project()
    at.commit({ a: "1", b: "2", ".gitignore": "ignored\n" })
    at.write("a", "changed")
    at.write("b", "staged")
    at.git("add", "b")
    at.write("new", "untracked")
    at.write("ignored", "ignored")
    at.git("stash", "push", "--quiet", "--", "b")
    at.write("b", "staged again")
    at.git("add", "b")
    const kept = [
      "./.worktree",
      "./.git/worktrees",
      "./.git/refs/heads/nexus",
      "./.git/logs/refs/heads/nexus",
      "./.git/info"
    ]
    const before = photograph(at.top, kept)
    await at.make()
    expect(photograph(at.top, kept)).toEqual(before)
  })

  it("is made from a detached HEAD, and in the middle of a rebase from a named base alone", async () => {
    using at = project()
    const first = at.commit({ a: "1" })
    at.git("branch", "side")
    at.commit({ a: "2" })
    at.git("switch", "--quiet", "--detach", "HEAD")
    expect(await run(worktrees.plan(at.site(), "HEAD"))).toEqual({ commit: at.git("rev-parse", "HEAD") })
    at.git("switch", "--quiet", "side")
    at.commit({ a: "3" })
    expect(() => at.git("rebase", "main")).toThrow("Command failed")
    expect(await failure(worktrees.plan(at.site(), "HEAD"))).toMatchObject({ kind: "in-progress" })
    expect(await run(worktrees.plan(at.site(), "main~1"))).toEqual({ commit: first })
  })

  it("is made once however often it is asked for", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    put(site, "a", "work")
    inside(site, "add", "a")
    const before = photograph(at.root)
    await at.make()
    expect(photograph(at.root)).toEqual(before)
  })

  it("can be made ten at a time", async () => {
    using at = project()
    at.commit(Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f/${index}`, String(index)])))
    const names = Array.from({ length: 10 }, (_, index) => `w${index}`)
    const sites = await Promise.all(names.map((name) => at.make(name)))
    for (const site of sites) {
      expect(outside(site, "status", "--porcelain=v2", "--branch")).toContain(`# branch.head ${site.branch}`)
      expect(inside(site, "status", "--porcelain")).toBe("")
    }
    expect(readFileSync(join(at.top, ".git/info/exclude"), "utf8").match(/\.worktree/g)).toHaveLength(1)
    expect(at.git("status", "--porcelain")).toBe("")
  })

  it("of one name is one workspace's when two ask at once", async () => {
    using at = project()
    at.commit({ a: "1" })
    const asked = ["ws_00000000000000aa", "ws_00000000000000bb"].map((id) => at.site("feat", { id: id as never }))
    const results = await Promise.all(
      asked.map((site) => run(Effect.either(worktrees.add(site, at.git("rev-parse", "HEAD")))))
    )
    expect(results.filter(({ _tag }) => _tag === "Right")).toHaveLength(1)
    const winner = asked.find((_, index) => results[index]?._tag === "Right")
    expect(await run(worktrees.inspect(winner ?? at.site(), "main"))).toMatchObject({
      worktree: "sound",
      on: "nexus/feat"
    })
  })

  it("says what it has not: submodules, Git LFS contents, what filters would make", async () => {
    using at = project()
    const other = join(at.root, "other")
    mkdirSync(other)
    git(other, "init", "--quiet")
    git(other, "commit", "--quiet", "--allow-empty", "--message", "x")
    at.git("submodule", "--quiet", "add", other, "sub")
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 3\n`
    at.commit({ "big.bin": pointer, "secret.txt": "x", ".gitattributes": "*.bin filter=lfs\n*.txt filter=crypt\n" })
    at.git("config", "filter.crypt.smudge", "touch ran")
    const site = at.site()
    expect(await run(worktrees.add(site, at.git("rev-parse", "HEAD")))).toEqual([
      { kind: "submodule", what: "sub", files: 0 },
      { kind: "lfs", what: "lfs", files: 1 },
      { kind: "filter", what: "crypt", files: 1 }
    ])
    expect(existsSync(join(site.folder, "ran"))).toBe(false)
    expect(outside(site, "status", "--porcelain")).toBe("")
  })
})

describe("a worktree is refused", () => {
  it("in a bare repository", async () => {
    using at = project("--bare")
    expect(await failure(worktrees.plan(at.site(), "HEAD"))).toMatchObject({ kind: "bare" })
  })

  it("where there is no commit yet", async () => {
    using at = project()
    expect(await failure(worktrees.plan(at.site(), "HEAD"))).toMatchObject({ kind: "no-commit" })
  })

  it("where there is no repository", async () => {
    using at = project()
    rmSync(join(at.top, ".git"), { recursive: true })
    expect(await failure(worktrees.plan(at.site(), "HEAD"))).toMatchObject({ _tag: "GitFailed" })
  })

  it("from a base that is not there, which may be meant otherwise", async () => {
    using at = project()
    at.commit({ a: "1" })
    at.git("branch", "feature/login")
    expect(await failure(worktrees.plan(at.site(), "feature/logn"))).toMatchObject({
      kind: "no-such-base",
      advice: "Did you mean feature/login?"
    })
    for (const base of ["", "--all", "-h", "HEAD:a", "a\nb", "a..b"])
      expect([base, await failure(worktrees.plan(at.site(), base))]).toMatchObject([base, { kind: "no-such-base" }])
  })

  it.each(["nexus/feat", "nexus", "nexus/feat/deeper"])("when there is a branch %s", async (branch) => {
    using at = project()
    const commit = at.commit({ a: "1" })
    at.git("branch", branch)
    const before = photograph(at.top)
    expect(await failure(worktrees.plan(at.site(), "HEAD"))).toMatchObject({ kind: "branch-taken" })
    expect(await failure(worktrees.add(at.site(), commit))).toMatchObject({ kind: "branch-taken" })
    expect(photograph(at.top)).toEqual(before)
  })

  it("when something is in its folder, or in place of the folder of them all", async () => {
    using at = project()
    const commit = at.commit({ a: "1" })
    mkdirSync(at.site().folder, { recursive: true })
    writeFileSync(join(at.site().folder, "mine"), "1")
    expect(await failure(worktrees.add(at.site(), commit))).toMatchObject({ kind: "folder-taken" })
    rmSync(at.site().folder, { recursive: true })
    symlinkSync("nowhere", at.site().folder)
    expect(await failure(worktrees.add(at.site(), commit))).toMatchObject({ kind: "folder-taken" })
    rmSync(join(at.top, ".worktree"), { recursive: true })
    const elsewhere = join(at.root, "elsewhere")
    mkdirSync(elsewhere)
    symlinkSync(elsewhere, join(at.top, ".worktree"))
    expect(await failure(worktrees.add(at.site(), commit))).toMatchObject({ kind: "folder-taken" })
  })
})

describe("a worktree that fails", () => {
  type At = ReturnType<typeof project>
  const blobOf = (at: At): string => at.git("rev-parse", "HEAD:b/c")

  it.each<readonly [string, (at: At) => void]>([
    [
      "at the ignore file",
      (at) => {
        rmSync(join(at.top, ".git/info"), { recursive: true })
        writeFileSync(join(at.top, ".git/info"), "")
      }
    ],
    ["at its branch", (at) => mkdirSync(join(at.top, ".git/refs/heads/nexus/feat.lock"), { recursive: true })],
    ["at git's entry", (at) => writeFileSync(join(at.top, ".git/worktrees"), "")],
    ["at its files", (at) => rmSync(join(at.top, ".git/objects", blobOf(at).slice(0, 2), blobOf(at).slice(2)))],
    [
      "at its private git directory",
      (at) => {
        rmSync(at.home, { recursive: true })
        writeFileSync(at.home, "")
      }
    ]
  ])("%s leaves nothing of it, and all else", async (_, spoil) => {
    using at = project()
    const commit = at.commit({ a: "1", "b/c": "2" })
    const site = at.site()
    spoil(at)
    // git itself leaves folders of refs.
    const kept = ["./.git/refs/heads/nexus", "./.git/logs/refs/heads/nexus"]
    const before = photograph(at.top, kept, "without times")
    expect(await failure(worktrees.add(site, commit))).toMatchObject({ _tag: "GitFailed" })
    expect(photograph(at.top, kept, "without times")).toEqual(before)
  })

  it("since it was given up leaves nothing either", async () => {
    using at = project()
    const commit = at.commit(Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`f/${index}`, `${index}`])))
    const before = photograph(at.top, [], "without times")
    const site = at.site()
    const fiber = Effect.runFork(worktrees.add(site, commit))
    // Files are being written.
    await vi.waitFor(() => expect(existsSync(join(site.folder, "f"))).toBe(true), { timeout: 30_000, interval: 1 })
    await run(Fiber.interrupt(fiber))
    const kept = photograph(at.top, [], "without times").filter((line) => !line.includes("heads/nexus "))
    expect(kept).toEqual(before)
    expect(await run(worktrees.add(site, commit))).toEqual([])
  })
})

describe("a worktree that a crash left half made", () => {
  type At = ReturnType<typeof project>
  const admin = (at: At) => join(at.top, ".git/worktrees/feat")

  it.each<readonly [string, (at: At, folder: string) => void]>([
    [
      "at its branch alone",
      (at, folder) => {
        rmSync(folder, { recursive: true })
        rmSync(admin(at), { recursive: true })
      }
    ],
    ["without a folder", (at, folder) => rmSync(folder, { recursive: true })],
    [
      "without all files",
      (at, folder) => {
        rmSync(join(admin(at), "index"))
        rmSync(join(folder, "a"))
        writeFileSync(join(folder, "b/c"), "two th")
      }
    ],
    ["without its private git directory", (at) => rmSync(at.site().gitDirectory ?? "", { recursive: true })]
  ])("%s is finished", async (_, spoil) => {
    using at = project()
    const commit = at.commit({ a: "1", "b/c": "two thousand" })
    const site = await at.make()
    spoil(at, site.folder)
    rmSync(join(admin(at), "index"), { force: true })
    await run(worktrees.add(site, commit))
    expect(outside(site, "status", "--porcelain=v2", "--branch")).toBe(
      `# branch.oid ${commit}\n# branch.head nexus/feat`
    )
    expect(inside(site, "status", "--porcelain")).toBe("")
    expect(readdirSync(join(at.top, ".worktree"))).toEqual(["feat"])
  })

  it("with a file of somebody's in it goes aside", async () => {
    using at = project()
    const commit = at.commit({ a: "1", "b/c": "2" })
    const site = await at.make()
    rmSync(join(admin(at), "index"))
    put(site, "mine", "work")
    await run(worktrees.add(site, commit))
    expect(outside(site, "status", "--porcelain")).toBe("")
    expect(readFileSync(`${site.folder}.aside-1/mine`, "utf8")).toBe("work")
  })
})
