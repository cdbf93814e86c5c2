import { execFileSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { Site } from "../../../../src/app/ports/Worktrees.ts"
import { run } from "../stage.ts"
import { commitInside, failure, inside, outside, photograph, project, put, worktrees } from "./site.ts"

type At = ReturnType<typeof project>
const admin = (at: At) => join(at.top, ".git/worktrees/feat")

describe("what there is of a workspace", () => {
  it("is counted: uncommitted paths, commits that nothing else has, those since the base and of the base since", async () => {
    using at = project()
    at.commit({ a: "1", b: "1", ".gitignore": "ignored\n" })
    const site = await at.make()
    commitInside(site, "c", "1")
    commitInside(site, "c", "2")
    const commit = inside(site, "rev-parse", "HEAD")
    await run(worktrees.exchange(site))
    at.commit({ a: "2" })
    for (const path of ["a", "new/x", "new/y", "ignored"]) put(site, path, "changed")
    rmSync(join(site.folder, "b"))
    expect(await run(worktrees.inspect(site, "main"))).toEqual({
      worktree: "sound",
      branch: commit,
      on: "nexus/feat",
      inProgress: null,
      dirty: 4,
      unmerged: 2,
      ahead: 2,
      behind: 1,
      inside: { commit, on: "nexus/feat", inProgress: null, strays: [] }
    })
    at.git("branch", "kept", "nexus/feat")
    expect(await run(worktrees.inspect(site, "gone"))).toMatchObject({ unmerged: 0 })
  })

  it("is in the middle of something, on the host or inside", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    writeFileSync(join(admin(at), "MERGE_HEAD"), at.git("rev-parse", "HEAD"))
    put(site, "a", "stashed")
    inside(site, "stash", "push", "--quiet")
    commitInside(site, "a", "2")
    inside(site, "checkout", "--quiet", "--detach")
    commitInside(site, "a", "3")
    writeFileSync(join(site.gitDirectory ?? "", "CHERRY_PICK_HEAD"), "")
    expect(await run(worktrees.inspect(site, "main"))).toMatchObject({
      inProgress: "merge",
      inside: { on: null, inProgress: "cherry-pick", strays: ["HEAD", "refs/stash"] }
    })
  })

  it.each<readonly [string, string, (at: At, folder: string) => void]>([
    ["missing", "its folder is deleted", (_, folder) => rmSync(folder, { recursive: true })],
    ["moved", "its folder is moved beside", (_, folder) => renameSync(folder, `${folder}-2`)],
    [
      "moved",
      "git was told to move it",
      (at, folder) => at.git("worktree", "move", "--force", "--force", folder, join(at.root, "there"))
    ],
    [
      "pruned",
      "git's entry is pruned",
      (at, folder) => {
        at.git("worktree", "unlock", folder)
        renameSync(folder, `${folder}-2`)
        at.git("worktree", "prune")
        renameSync(`${folder}-2`, folder)
      }
    ],
    ["pruned", "its .git file is deleted", (_, folder) => rmSync(join(folder, ".git"))],
    ["sound", "its lock is taken off", (at, folder) => at.git("worktree", "unlock", folder)],
    ["sound", "its branch is deleted", (at) => at.git("update-ref", "-d", "refs/heads/nexus/feat")],
    ["sound", "its index is deleted", (at) => rmSync(join(admin(at), "index"))]
  ])("is %s when %s, and can be mended", async (worktree, _, spoil) => {
    using at = project()
    const commit = at.commit({ a: "1", b: "2" })
    const site = await at.make()
    put(site, "a", "work")
    put(site, "new", "work")
    spoil(at, site.folder)
    expect(await run(worktrees.inspect(site, "main"))).toMatchObject({ worktree })
    await run(worktrees.mend(site, commit))
    expect(outside(site, "status", "--porcelain")).toBe(worktree === "missing" ? "" : "M a\n?? new")
    expect(await run(worktrees.inspect(site, "main"))).toMatchObject({
      worktree: "sound",
      branch: commit,
      on: "nexus/feat"
    })
    expect(at.git("worktree", "list", "--porcelain")).toContain(`locked nexus:${site.workspace}`)
    expect(inside(site, "status", "--porcelain")).toBe(outside(site, "status", "--porcelain"))
  })

  it.each<readonly [string, (at: At, folder: string) => void]>([
    [
      "a repository of its own",
      (at, folder) => {
        rmSync(join(folder, ".git"))
        execFileSync("git", ["init", "--quiet", folder], { env: { PATH: process.env["PATH"], HOME: at.root } })
      }
    ],
    ["another's file", (_, folder) => writeFileSync(join(folder, ".git"), "gitdir: /nowhere/.git/worktrees/feat\n")],
    [
      "a file in place of it",
      (_, folder) => {
        rmSync(folder, { recursive: true })
        writeFileSync(folder, "mine")
      }
    ]
  ])("is foreign when there is %s, which is neither mended nor deleted", async (_, spoil) => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    spoil(at, site.folder)
    expect(await run(worktrees.inspect(site, "main"))).toMatchObject({ worktree: "foreign" })
    const before = photograph(at.root)
    expect(await failure(worktrees.mend(site, null))).toMatchObject({ kind: "foreign" })
    expect(await failure(worktrees.remove(site, { branch: true, work: "refuse" }))).toMatchObject({ kind: "foreign" })
    expect(photograph(at.root)).toEqual(before)
    const { aside } = await run(worktrees.remove(site, { branch: true, work: "delete" }))
    expect(aside).toBe(`${site.folder}.aside-1`)
    expect(existsSync(aside ?? "")).toBe(true)
  })

  it("is gone when nothing but another's .git file is left of it, which is nobody's work", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    rmSync(site.folder, { recursive: true })
    mkdirSync(site.folder)
    writeFileSync(join(site.folder, ".git"), "gitdir: /nowhere\n")
    expect(await run(worktrees.remove(site, { branch: true, work: "aside" }))).toEqual({ aside: null })
    expect(existsSync(site.folder) || existsSync(`${site.folder}.aside-1`)).toBe(false)
  })

  it("cannot be mended without a branch or a commit to make it at", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    at.git("update-ref", "-d", "refs/heads/nexus/feat")
    expect(await failure(worktrees.mend(site, null))).toMatchObject({ kind: "no-such-base" })
    expect(await failure(worktrees.mend(site, "1234567890".repeat(4)))).toMatchObject({ kind: "no-such-base" })
  })
})

describe("removing a workspace", () => {
  it("asks for no change of the repository's configuration that is none", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    writeFileSync(join(at.top, ".git/config.lock"), "")
    await run(worktrees.remove(site, { branch: true, work: "refuse" }))
    rmSync(join(at.top, ".git/config.lock"))
    expect(at.git("branch", "--list", site.branch)).toBe("")
  })

  it("waits for others that are removed at the same time, each with what git knows of its branch", async () => {
    using at = project()
    at.commit({ a: "1" })
    const names = Array.from({ length: 8 }, (_, index) => `feat-${index}`)
    const sites: Array<Site> = []
    for (const name of names) {
      sites.push(await at.make(name))
      at.git("config", `branch.nexus/${name}.description`, "to do")
    }
    at.git("pack-refs", "--all")
    await Promise.all(sites.map((site) => run(worktrees.remove(site, { branch: true, work: "refuse" }))))
    expect(at.git("branch", "--list", "nexus/*")).toBe("")
    expect(readFileSync(join(at.top, ".git/config"), "utf8")).not.toContain("to do")
  })

  it("leaves the repository as it was before", async () => {
    using at = project()
    at.commit({ a: "1" })
    const kept = ["./.git/info", "./.git/refs/heads/nexus", "./.git/logs/refs/heads/nexus"]
    const before = photograph(at.top, kept, "without times")
    const site = await at.make()
    expect(await run(worktrees.remove(site, { branch: true, work: "refuse" }))).toEqual({ aside: null })
    expect(photograph(at.top, kept, "without times")).toEqual(before)
    expect(readdirSync(join(site.gitDirectory ?? "", ".."))).toEqual([])
    expect(await run(worktrees.remove(site, { branch: true, work: "refuse" }))).toEqual({ aside: null })
  })

  it("keeps the branch where it is not told to delete it", async () => {
    using at = project()
    const commit = at.commit({ a: "1" })
    await run(worktrees.remove(await at.make(), { branch: false, work: "refuse" }))
    expect(at.git("rev-parse", "nexus/feat")).toBe(commit)
  })

  it("is refused with uncommitted work, or moves it aside", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    put(site, "new", "work")
    const before = photograph(at.root)
    expect(await failure(worktrees.remove(site, { branch: true, work: "refuse" }))).toMatchObject({ kind: "dirty" })
    expect(photograph(at.root)).toEqual(before)
    expect(await run(worktrees.remove(site, { branch: true, work: "aside" }))).toEqual({
      aside: `${site.folder}.aside-1`
    })
    expect(readFileSync(join(at.top, ".worktree/feat.aside-1/new"), "utf8")).toBe("work")
    expect(at.git("worktree", "list").split("\n")).toHaveLength(1)
  })

  it("deletes folders that nobody may write to, and follows no link", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    put(site, "cache/x/y", "1")
    chmodSync(join(site.folder, "cache/x"), 0o500)
    execFileSync("ln", ["-s", at.home, join(site.folder, "link")])
    writeFileSync(join(at.home, "mine"), "1")
    await run(worktrees.remove(site, { branch: true, work: "delete" }))
    expect(existsSync(site.folder)).toBe(false)
    expect(existsSync(join(at.home, "mine"))).toBe(true)
  })

  it("finishes one that was cut off", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    renameSync(site.folder, join(at.top, `.worktree/.removing-${site.workspace}`))
    await run(worktrees.remove(site, { branch: true, work: "refuse" }))
    expect(existsSync(join(at.top, ".worktree"))).toBe(false)
    expect(at.git("for-each-ref", "refs/heads/nexus")).toBe("")
  })

  it("keeps a branch that is checked out elsewhere, and one that somebody made since", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    at.git("switch", "--quiet", "--ignore-other-worktrees", "nexus/feat")
    const before = photograph(at.root)
    expect(await failure(worktrees.remove(site, { branch: true, work: "refuse" }))).toMatchObject({
      kind: "branch-taken"
    })
    expect(photograph(at.root)).toEqual(before)
    at.git("switch", "--quiet", "main")
    await run(worktrees.remove(site, { branch: false, work: "refuse" }))
    at.git("branch", "--force", "--delete", "nexus/feat")
    at.git("branch", "nexus/feat")
    await run(worktrees.remove(site, { branch: true, work: "refuse" }))
    expect(at.git("for-each-ref", "--format=%(refname)", "refs/heads/nexus")).toBe("refs/heads/nexus/feat")
  })

  it("deletes a branch that was gone on the host and came back from inside: it is the workspace's again", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    const commit = commitInside(site, "a", "2")
    at.git("update-ref", "-d", "refs/heads/nexus/feat")
    expect(await run(worktrees.exchange(site))).toEqual({ kind: "brought", commit })
    await run(worktrees.mend(site, null))
    await run(worktrees.remove(site, { branch: true, work: "delete" }))
    expect(at.git("for-each-ref", "refs/heads/nexus")).toBe("")
  })

  it("leaves a sibling's entry alone", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    const other = await at.make("other")
    await run(worktrees.remove(site, { branch: true, work: "refuse" }))
    expect(await run(worktrees.inspect(other, "main"))).toMatchObject({ worktree: "sound" })
  })
})

describe("the difference", () => {
  it("has committed, uncommitted and untracked files, and leaves no object behind", async () => {
    using at = project()
    at.commit({ a: "1\n", b: "2\n", gone: "3\n", ".gitignore": "ignored\n" })
    const site = await at.make()
    commitInside(site, "a", "committed\n")
    await run(worktrees.exchange(site))
    at.commit({ later: "of the base" })
    put(site, "b", "uncommitted\n")
    put(site, "new", "untracked\n")
    put(site, "ignored", "ignored\n")
    rmSync(join(site.folder, "gone"))
    mkdirSync(join(site.folder, "nested"))
    execFileSync("git", ["init", "--quiet", join(site.folder, "nested")], {
      env: { PATH: process.env["PATH"], HOME: at.root }
    })
    put(site, "nested/x", "1")
    // git renews the times of objects that it is about to write and finds there.
    const now = () => photograph(at.top, [], "without times")
    const before = now()
    const patch = await run(worktrees.diff(site, "main", { stat: false }))
    for (const line of ["+committed", "+uncommitted", "+untracked", "-3"]) expect(patch).toContain(line)
    for (const word of ["ignored", "later", "nested"]) expect(patch).not.toContain(word)
    const stat = await run(worktrees.diff(site, "main", { stat: true }))
    expect(stat).toContain("4 files changed")
    expect(now()).toEqual(before)
  })
})

describe("promoting", () => {
  it("gives the branch its name, in the worktree and inside", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    const commit = commitInside(site, "a", "2")
    expect(await failure(worktrees.promote(site, "feature/x"))).toMatchObject({ kind: "diverged" })
    await run(worktrees.exchange(site))
    await run(worktrees.promote(site, "feature/x"))
    expect(at.git("rev-parse", "feature/x")).toBe(commit)
    for (const side of [inside, outside])
      expect(side(site, "status", "--porcelain=v2", "--branch")).toBe(`# branch.oid ${commit}\n# branch.head feature/x`)
    const promoted = { ...site, branch: "feature/x" }
    const next = commitInside(promoted, "a", "3")
    expect(await run(worktrees.exchange(promoted))).toEqual({ kind: "brought", commit: next })
    await run(worktrees.remove(promoted, { branch: false, work: "refuse" }))
    expect(at.git("rev-parse", "feature/x")).toBe(next)
  })

  it.each(["main", "nexus/other", "main/x", "", "-x", "a..b", "HEAD", "a b", "@"])("to %j is refused", async (name) => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    const before = photograph(at.root)
    expect(await failure(worktrees.promote(site, name))).toMatchObject({ kind: "branch-taken" })
    expect(photograph(at.root)).toEqual(before)
  })
})
