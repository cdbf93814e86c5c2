import { execFileSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { deflateSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { run } from "../stage.ts"
import { commitInside, failure, inside, outside, photograph, project, put, worktrees } from "./site.ts"

const clean = (commit: string) => `# branch.oid ${commit}\n# branch.head nexus/feat`
const status = ["status", "--porcelain=v2", "--branch"]

describe("a commit made in the workspace", () => {
  it("comes to the host's branch, and the worktree's status there tells the truth", async () => {
    using at = project()
    at.commit({ a: "1", b: "2" })
    const site = await at.make()
    const commit = commitInside(site, "a", "changed")
    expect(await run(worktrees.exchange(site))).toEqual({ kind: "brought", commit })
    expect(outside(site, ...status)).toBe(clean(commit))
    expect(at.git("show", "nexus/feat:a")).toBe("changed")
    expect(await run(worktrees.exchange(site))).toEqual({ kind: "same", commit })
    expect(at.git("fsck", "--strict")).toBe("")
    expect(at.git("for-each-ref", "--format=%(refname)")).toBe("refs/heads/main\nrefs/heads/nexus/feat")
  })

  it("comes when git packed it inside, again and again", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    for (const content of ["2", "3", "4"]) {
      commitInside(site, "a", content)
      inside(site, "gc", "--quiet", "--prune=now")
      const commit = commitInside(site, "b", content)
      if (content === "4") inside(site, "repack", "-a", "-d", "--quiet")
      expect(await run(worktrees.exchange(site))).toEqual({ kind: "brought", commit })
      expect(outside(site, ...status)).toBe(clean(commit))
    }
  })

  it("comes in place of those that were rewritten there", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    const before = commitInside(site, "a", "2")
    await run(worktrees.exchange(site))
    inside(site, "commit", "--quiet", "--amend", "--message", "better")
    const commit = inside(site, "rev-parse", "HEAD")
    expect(await run(worktrees.exchange(site))).toEqual({ kind: "brought", commit })
    expect(at.git("rev-parse", "nexus/feat@{1}")).toBe(before)
  })

  it("leaves staged what the host's user staged", async () => {
    using at = project()
    at.commit({ a: "1", b: "2", c: "3" })
    const site = await at.make()
    put(site, "b", "staged on the host")
    outside(site, "add", "b")
    put(site, "a", "2")
    inside(site, "add", "a")
    inside(site, "commit", "--quiet", "--message", "x")
    await run(worktrees.exchange(site))
    expect(outside(site, "status", "--porcelain")).toBe("M  b")
  })

  it("comes once when the bringing was cut off after the index", async () => {
    using at = project()
    const first = at.commit({ a: "1" })
    const site = await at.make()
    const commit = commitInside(site, "a", "2")
    await run(worktrees.exchange(site))
    at.git("update-ref", "refs/heads/nexus/feat", first)
    const record = `${site.gitDirectory}.json`
    writeFileSync(record, JSON.stringify({ ...JSON.parse(readFileSync(record, "utf8")), exchanged: first }))
    expect(await run(worktrees.exchange(site))).toEqual({ kind: "brought", commit })
    expect(outside(site, ...status)).toBe(clean(commit))
  })

  it("comes once when several ask at the same time", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    const commit = commitInside(site, "a", "2")
    const told = await Promise.all([1, 2, 3].map(() => run(worktrees.exchange(site))))
    expect(new Set(told.map((one) => one.commit))).toEqual(new Set([commit]))
    expect(outside(site, ...status)).toBe(clean(commit))
    expect(readdirSync(join(at.home, site.workspace)).sort()).toEqual(["git", "git.empty", "git.file", "git.json"])
  })

  it("waits while a rebase is in progress on the host", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    commitInside(site, "a", "2")
    mkdirSync(join(at.top, ".git/worktrees/feat/rebase-merge"))
    expect(await failure(worktrees.exchange(site))).toMatchObject({ kind: "in-progress" })
  })

  it("on another branch is said to be there, and stays", async () => {
    using at = project()
    const first = at.commit({ a: "1" })
    const site = await at.make()
    inside(site, "switch", "--quiet", "--create", "aside")
    commitInside(site, "a", "2")
    expect(await run(worktrees.exchange(site))).toEqual({ kind: "same", commit: first })
    const { inside: said } = await run(worktrees.inspect(site, "main"))
    expect(said).toEqual({ commit: first, on: "aside", inProgress: null, strays: ["refs/heads/aside"] })
  })
})

describe("a commit made on the host", () => {
  it("comes to the workspace, whose status tells the truth", async () => {
    using at = project()
    at.commit({ a: "1", b: "2" })
    const site = await at.make()
    put(site, "a", "2")
    outside(site, "commit", "--quiet", "--all", "--message", "x")
    const commit = outside(site, "rev-parse", "HEAD")
    expect(await run(worktrees.exchange(site))).toEqual({ kind: "sent", commit })
    expect(inside(site, ...status)).toBe(clean(commit))
    const next = commitInside(site, "b", "3")
    expect(await run(worktrees.exchange(site))).toEqual({ kind: "brought", commit: next })
  })

  it("waits while git is at work there", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    outside(site, "commit", "--quiet", "--allow-empty", "--message", "x")
    const lock = join(site.gitDirectory ?? "", "index.lock")
    writeFileSync(lock, "")
    expect(await failure(worktrees.exchange(site))).toMatchObject({ kind: "in-progress" })
    rmSync(lock)
    mkdirSync(join(site.gitDirectory ?? "", "rebase-merge"))
    expect(await failure(worktrees.exchange(site))).toMatchObject({ kind: "in-progress" })
    expect(inside(site, "rev-parse", "HEAD")).not.toBe(outside(site, "rev-parse", "HEAD"))
  })
})

it("commits on both sides change nothing, and can be merged inside", async () => {
  using at = project()
  at.commit({ a: "1", b: "2" })
  const site = await at.make()
  commitInside(site, "a", "2")
  outside(site, "commit", "--quiet", "--allow-empty", "--message", "host's")
  const host = outside(site, "rev-parse", "HEAD")
  const before = photograph(join(at.top, ".git"), [], "without times")
  expect(await run(worktrees.exchange(site))).toEqual({ kind: "diverged", commit: host })
  expect(photograph(join(at.top, ".git"), [], "without times")).toEqual(before)
  inside(site, "merge", "--quiet", "--no-edit", "refs/nexus/host")
  const commit = inside(site, "rev-parse", "HEAD")
  expect(await run(worktrees.exchange(site))).toEqual({ kind: "brought", commit })
  expect(outside(site, ...status)).toBe(clean(commit))
})

describe("a hostile workspace", () => {
  const unsafe = { _tag: "WorktreeRefused", kind: "unsafe" }

  it.each<readonly [string, (folder: string, secret: string) => void]>([
    [
      "a ref that is a link",
      (folder, secret) => {
        rmSync(join(folder, "refs/heads/nexus/feat"))
        symlinkSync(secret, join(folder, "refs/heads/nexus/feat"))
      }
    ],
    [
      "a folder of refs that is a link",
      (folder, secret) => {
        rmSync(join(folder, "refs"), { recursive: true })
        symlinkSync(secret, join(folder, "refs"))
      }
    ],
    [
      "a ref that is no commit",
      (folder) => writeFileSync(join(folder, "refs/heads/nexus/feat"), "ref: refs/heads/main\n")
    ],
    [
      "objects that are a link",
      (folder, secret) => {
        rmSync(join(folder, "objects"), { recursive: true })
        symlinkSync(secret, join(folder, "objects"))
      }
    ],
    [
      "a commit that is not there",
      (folder) => writeFileSync(join(folder, "refs/heads/nexus/feat"), `${"1234567890".repeat(4)}\n`)
    ],
    [
      "an object that is another's bytes",
      (folder) => {
        const oid = "ab".repeat(20)
        mkdirSync(join(folder, "objects/ab"), { recursive: true })
        writeFileSync(join(folder, "objects/ab", oid.slice(2)), "nothing")
        writeFileSync(join(folder, "refs/heads/nexus/feat"), `${oid}\n`)
      }
    ]
  ])("%s is refused, and nothing on the host changes", async (_, spoil) => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    commitInside(site, "a", "2")
    const secret = join(at.root, "secret")
    mkdirSync(secret)
    spoil(site.gitDirectory ?? "", secret)
    const before = photograph(at.top, [], "without times")
    expect(await failure(worktrees.exchange(site))).toMatchObject(unsafe)
    expect(photograph(at.top, [], "without times")).toEqual(before)
    expect(photograph(secret)).toHaveLength(1)
  })

  it("a pipe in place of a ref is not waited for", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    const ref = join(site.gitDirectory ?? "", "refs/heads/nexus/feat")
    rmSync(ref)
    execFileSync("mkfifo", [ref])
    expect(await failure(worktrees.exchange(site))).toMatchObject(unsafe)
  })

  it("an object that is small and unpacks to gigabytes is not unpacked", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    commitInside(site, "a", "2")
    const folder = join(site.gitDirectory ?? "", "objects/ab")
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, "ab".repeat(19)), deflateSync(`blob ${16 * 1024 ** 3}\0nothing`))
    expect(await failure(worktrees.exchange(site))).toMatchObject({ kind: "too-large" })
  })

  it("a pipe in place of an object is not waited for", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    commitInside(site, "a", "2")
    const folder = join(site.gitDirectory ?? "", "objects/ab")
    mkdirSync(folder, { recursive: true })
    execFileSync("mkfifo", [join(folder, "ab".repeat(19))])
    expect(await failure(worktrees.exchange(site))).toMatchObject(unsafe)
  })

  it("objects of another repository of the user's are not fetched through its alternates", async () => {
    using at = project()
    using other = project()
    at.commit({ a: "1" })
    other.commit({ secret: "of another repository" })
    const site = await at.make()
    const folder = site.gitDirectory ?? ""
    writeFileSync(join(folder, "objects/info/alternates"), `${join(other.top, ".git/objects")}\n`)
    writeFileSync(join(folder, "refs/heads/nexus/feat"), `${other.git("rev-parse", "HEAD")}\n`)
    expect(await failure(worktrees.exchange(site))).toMatchObject(unsafe)
    // Nor a link in place of an object's folder or file.
    const oid = other.git("rev-parse", "HEAD")
    symlinkSync(join(other.top, ".git/objects", oid.slice(0, 2)), join(folder, "objects", oid.slice(0, 2)))
    expect(await failure(worktrees.exchange(site))).toMatchObject(unsafe)
  })

  it.each([
    [".git in a tree", ".git"],
    ["a way out of the worktree", ".."],
    [".git as other file systems write it", ".GIT"]
  ])("%s is refused", async (_, name) => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    const blob = inside(site, "rev-parse", "HEAD:a")
    const folder = site.gitDirectory ?? ""
    const tree = execFileSync("git", ["hash-object", "-t", "tree", "-w", "--literally", "--stdin"], {
      input: Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(blob, "hex")]),
      env: { PATH: process.env["PATH"], GIT_DIR: folder },
      encoding: "utf8"
    }).trim()
    const commit = inside(site, "commit-tree", "-m", "x", "-p", "HEAD", tree)
    inside(site, "update-ref", "refs/heads/nexus/feat", commit)
    expect(await failure(worktrees.exchange(site))).toMatchObject(unsafe)
    expect(() => at.git("cat-file", "-e", commit)).toThrow("Command failed")
  })

  it("nothing is written where a folder of refs leads elsewhere", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    outside(site, "commit", "--quiet", "--allow-empty", "--message", "x")
    const elsewhere = join(at.root, "elsewhere")
    mkdirSync(join(elsewhere, "nexus"), { recursive: true })
    const folder = site.gitDirectory ?? ""
    const commit = readFileSync(join(folder, "refs/heads/nexus/feat"), "utf8")
    rmSync(join(folder, "refs/heads"), { recursive: true })
    symlinkSync(elsewhere, join(folder, "refs/heads"))
    writeFileSync(join(folder, "packed-refs"), `${commit.trim()} refs/heads/nexus/feat\n`)
    expect(await failure(worktrees.exchange(site))).toMatchObject(unsafe)
    expect(photograph(elsewhere)).toHaveLength(2)
  })

  it("runs no program of its own, whatever it writes", async () => {
    using at = project()
    at.commit({ a: "1" })
    const site = await at.make()
    const ran = join(at.root, "ran")
    const folder = site.gitDirectory ?? ""
    const program = join(site.folder, "program")
    put(site, "program", `#!/bin/sh\ntouch '${ran}'\n`)
    chmodSync(program, 0o755)
    const config = [
      `[core]\n\tfsmonitor = ${program}\n\thooksPath = ${site.folder}\n\tsshCommand = ${program}\n\tpager = ${program}\n\teditor = ${program}`,
      `[diff]\n\texternal = ${program}\n[diff "x"]\n\ttextconv = ${program}\n\tcommand = ${program}`,
      `[filter "x"]\n\tclean = ${program}\n\tsmudge = ${program}\n\trequired = true`,
      `[merge "x"]\n\tdriver = ${program}\n[include]\n\tpath = ${join(site.folder, "more")}`,
      `[uploadpack]\n\tpackObjectsHook = ${program}\n[gpg]\n\tprogram = ${program}`
    ].join("\n")
    commitInside(site, "b", "2")
    inside(site, "init", "--quiet", join(site.folder, "nested"))
    for (const name of ["pre-commit", "post-checkout", "post-merge", "reference-transaction", "post-index-change"]) {
      mkdirSync(join(folder, "hooks"), { recursive: true })
      writeFileSync(join(folder, "hooks", name), `#!/bin/sh\ntouch '${ran}'\n`, { mode: 0o755 })
    }
    put(site, ".gitattributes", "* filter=x diff=x merge=x\n")
    put(site, ".gitmodules", `[submodule "s"]\n\tpath = s\n\turl = ext::${program}\n\tupdate = !${program}\n`)
    writeFileSync(join(folder, "config"), `${readFileSync(join(folder, "config"), "utf8")}\n${config}\n`)
    // A repository of its own in the worktree, which the branch has as a submodule.
    put(site, "s/x", "1")
    const nested = (...args: ReadonlyArray<string>) =>
      execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@x", ...args], {
        cwd: join(site.folder, "s"),
        env: { PATH: process.env["PATH"], HOME: at.root },
        stdio: ["ignore", "pipe", "pipe"]
      }).toString()
    nested("init", "--quiet")
    nested("add", "x")
    nested("commit", "--quiet", "--message", "x")
    writeFileSync(join(site.folder, "s/.git/config"), `[core]\n\trepositoryformatversion = 0\n${config}\n`)
    put(site, "s/.gitattributes", "* filter=x\n")
    const gitlink = nested("rev-parse", "HEAD").trim()
    rmSync(ran, { force: true })
    const build = (...args: ReadonlyArray<string>) =>
      execFileSync("git", args, {
        cwd: at.root,
        env: {
          PATH: process.env["PATH"],
          HOME: at.root,
          GIT_DIR: folder,
          GIT_CONFIG_COUNT: "1",
          GIT_CONFIG_KEY_0: "core.hooksPath",
          GIT_CONFIG_VALUE_0: "/dev/null",
          GIT_INDEX_FILE: join(at.root, "index"),
          GIT_ALTERNATE_OBJECT_DIRECTORIES: join(at.top, ".git/objects"),
          GIT_AUTHOR_NAME: "x",
          GIT_AUTHOR_EMAIL: "x@x",
          GIT_COMMITTER_NAME: "x",
          GIT_COMMITTER_EMAIL: "x@x"
        }
      })
        .toString()
        .trim()
    build("-c", "core.fsmonitor=false", "read-tree", "nexus/feat")
    build("-c", "core.fsmonitor=false", "update-index", "--add", "--cacheinfo", `160000,${gitlink},s`)
    const commit = build(
      "commit-tree",
      "-p",
      "nexus/feat",
      "-m",
      "x",
      build("-c", "core.fsmonitor=false", "write-tree")
    )
    build("update-ref", "refs/heads/nexus/feat", commit)
    rmSync(ran, { force: true })

    expect(await run(worktrees.exchange(site))).toEqual({ kind: "brought", commit })
    await run(worktrees.inspect(site, "main"))
    expect(await run(worktrees.diff(site, "main", { stat: false }))).toContain("program")
    await run(worktrees.diff(site, "main", { stat: true }))
    expect(await run(worktrees.merge(site, { dryRun: true }))).toMatchObject({ kind: "fast-forward" })
    // The user, by hand, where the workspace wrote. (git itself refuses "!" in this file.)
    put(site, ".gitmodules", readFileSync(join(site.folder, ".gitmodules"), "utf8").replace(/.*update.*/, ""))
    outside(site, "status")
    outside(site, "diff", "HEAD")
    await run(worktrees.mend(site, null))
    outside(site, "status")
    expect(await run(worktrees.merge(site, { dryRun: false }))).toMatchObject({ kind: "fast-forward" })
    await run(worktrees.remove(site, { branch: true, work: "delete" }))
    expect(existsSync(ran)).toBe(false)
  })
})
