import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { run } from "../stage.ts"
import { commitInside, failure, inside, photograph, project, put, worktrees } from "./site.ts"

type At = ReturnType<typeof project>

const withCommit = async (at: At, path = "a", content = "theirs\n") => {
  const site = await at.make()
  const commit = commitInside(site, path, content)
  await run(worktrees.exchange(site))
  return { site, commit }
}

const merging = { dryRun: false }

describe("merging", () => {
  it("forwards the branch when nothing else happened, once", async () => {
    using at = project()
    at.commit({ a: "1\n" })
    const { site, commit } = await withCommit(at)
    expect(await run(worktrees.merge(site, merging))).toEqual({ kind: "fast-forward", commit })
    expect(at.git("status", "--porcelain=v2", "--branch")).toBe(`# branch.oid ${commit}\n# branch.head main`)
    expect(readFileSync(join(at.top, "a"), "utf8")).toBe("theirs\n")
    expect(await run(worktrees.merge(site, merging))).toEqual({ kind: "up-to-date" })
  })

  it("makes a commit of both histories, around what is not committed", async () => {
    using at = project()
    at.commit({ a: "1\n", b: "1\n", c: "1\n" })
    const { site, commit } = await withCommit(at)
    const ours = at.commit({ b: "ours\n" })
    at.write("c", "uncommitted\n")
    at.write("new", "untracked\n")
    const merged = await run(worktrees.merge(site, { ...merging, message: "both" }))
    expect(merged).toEqual({ kind: "merged", commit: at.git("rev-parse", "HEAD") })
    expect(at.git("log", "-1", "--format=%P %s %an")).toBe(`${ours} ${commit} both Ada`)
    expect(at.git("status", "--porcelain")).toBe("M c\n?? new")
    expect(at.git("rev-parse", "ORIG_HEAD")).toBe(ours)
    expect(at.git("show", "HEAD:a")).toBe("theirs")
    expect(at.git("fsck", "--strict")).toBe("")
  })

  it("tells conflicts by path and kind, and changes nothing", async () => {
    using at = project()
    at.commit({ a: "1\n", gone: "1\n2\n3\n" })
    const site = await at.make()
    put(site, "gone", "1\n2\n4\n")
    put(site, "both", "theirs\n")
    const commit = commitInside(site, "a", "theirs\n")
    await run(worktrees.exchange(site))
    at.commit({ a: "ours\n", gone: null, both: "ours\n" })
    const before = photograph(at.top)
    const conflicts = [
      { path: "a", kind: "content" },
      { path: "both", kind: "add/add" },
      { path: "gone", kind: "modify/delete" }
    ]
    for (const dryRun of [true, false]) {
      const told = await run(worktrees.merge(site, { dryRun }))
      expect(told.kind).toBe("conflicts")
      const found = told.kind === "conflicts" ? told.conflicts : []
      expect(found.toSorted((one, other) => one.path.localeCompare(other.path))).toEqual(conflicts)
    }
    expect(photograph(at.top)).toEqual(before)
    expect(at.git("rev-parse", "nexus/feat")).toBe(commit)
  })

  it.each([
    ["a changed file", "a", "mine\n"],
    ["an untracked file", "fresh", "mine\n"],
    ["an ignored file", "ignored", "mine\n"]
  ])("refuses to overwrite %s, in a dry run as well", async (_, path, mine) => {
    using at = project()
    at.commit({ a: "1\n", b: "1\n" })
    const site = await at.make()
    put(site, "fresh", "theirs\n")
    put(site, "ignored", "theirs\n")
    const commit = commitInside(site, "a", "theirs\n")
    await run(worktrees.exchange(site))
    writeFileSync(join(at.top, ".git/info/exclude"), "ignored\n/.worktree/\n")
    for (const dryRun of [true, false]) {
      for (const forward of [true, false]) {
        rmSync(join(at.top, path), { force: true })
        if (!forward) at.commit({ a: "1\n", b: "ours\n" })
        at.write(path, mine)
        const head = at.git("rev-parse", "HEAD")
        expect(await failure(worktrees.merge(site, { dryRun }))).toMatchObject({ kind: "dirty" })
        expect(readFileSync(join(at.top, path), "utf8")).toBe(mine)
        expect(at.git("rev-parse", "HEAD")).toBe(head)
        at.git("reset", "--quiet", "--hard", `${commit}~1`)
      }
    }
  })

  it("in a dry run says what it would be", async () => {
    using at = project()
    at.commit({ a: "1\n", b: "1\n" })
    const { site, commit } = await withCommit(at)
    expect(await run(worktrees.merge(site, { dryRun: true }))).toEqual({ kind: "fast-forward", commit })
    at.commit({ b: "ours\n" })
    const before = photograph(at.top)
    expect(await run(worktrees.merge(site, { dryRun: true }))).toMatchObject({ kind: "merged" })
    expect(photograph(at.top)).toEqual(before)
  })

  it.each<readonly [string, string, (at: At) => void]>([
    ["is on no branch", "detached", (at) => at.git("checkout", "--quiet", "--detach")],
    ["is in the middle of a rebase", "in-progress", (at) => mkdirSync(join(at.top, ".git/rebase-merge"))],
    ["is on the workspace's branch", "branch-taken", (at) => at.git("symbolic-ref", "HEAD", "refs/heads/nexus/feat")],
    ["is on a branch without a commit", "no-commit", (at) => at.git("symbolic-ref", "HEAD", "refs/heads/none")]
  ])("is refused while the main worktree %s", async (_, kind, spoil) => {
    using at = project()
    at.commit({ a: "1\n" })
    const { site } = await withCommit(at)
    spoil(at)
    expect(await failure(worktrees.merge(site, merging))).toMatchObject({ kind })
  })

  it("runs no hook, no merge driver and no filter, of the user's configuration either", async () => {
    using at = project()
    at.commit({ a: "1\n", b: "1\n", ".gitattributes": "a merge=x\n", ".husky/post-merge": "" })
    const ran = join(at.root, "ran")
    at.git("config", "core.hooksPath", ".husky")
    at.git("config", "merge.x.driver", `touch '${ran}'`)
    at.git("config", "commit.gpgSign", "true")
    at.git("config", "gpg.program", join(at.root, "gpg"))
    const site = await at.make()
    for (const hook of ["post-merge", "post-checkout", "post-commit", "pre-merge-commit", "post-index-change"])
      put(site, `.husky/${hook}`, `#!/bin/sh\ntouch '${ran}'\n`)
    inside(site, "config", "core.fileMode", "false")
    inside(site, "add", "--all", "--chmod=+x", ".husky")
    inside(site, "commit", "--quiet", "--message", "hooks")
    await run(worktrees.exchange(site))
    at.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "--allow-empty", "--message", "ours")
    expect(await run(worktrees.merge(site, merging))).toMatchObject({ kind: "merged" })
    expect(existsSync(join(at.top, ".husky/post-commit"))).toBe(true)
    commitInside(site, "a", "theirs\n")
    await run(worktrees.exchange(site))
    at.write("a", "ours\n")
    at.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "--all", "--message", "ours")
    // A driver of the user's that would settle it: that is for the user to start.
    expect(await run(worktrees.merge(site, merging))).toMatchObject({ kind: "conflicts" })
    at.git("-c", "core.hooksPath=/dev/null", "reset", "--quiet", "--hard", "HEAD~1")
    at.git("config", "filter.crypt.smudge", `touch '${ran}'`)
    commitInside(site, ".gitattributes", "b filter=crypt\n")
    await run(worktrees.exchange(site))
    expect(await failure(worktrees.merge(site, merging))).toMatchObject({ kind: "unsafe" })
    expect(existsSync(ran)).toBe(false)
  })
})
