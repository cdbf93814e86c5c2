import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import type { Mount } from "../../../../src/app/ports/Backend.ts"
import type { Site } from "../../../../src/app/ports/Worktrees.ts"
import { isRoot } from "../../../support/cli.ts"
import { git } from "../../../app/world.ts"
import { run } from "../stage.ts"
import { inside, outside, project, worktrees } from "./site.ts"

const unshare = isRoot ? "-m" : "-rm"
const mayMount = spawnSync("unshare", [unshare, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0

/** Runs a script where the worktree is at /mnt/work and all else is mounted as a backend would, below /mnt. */
const within = (site: Site, mounts: ReadonlyArray<Mount>, script: string): string => {
  const all: ReadonlyArray<Mount> = [{ from: site.folder, to: "/mnt/work", writable: true }, ...mounts]
  const lines = all.flatMap(({ from, to, writable }) => [
    `if [ -d '${from}' ]; then mkdir -p '${to}'; elif [ ! -e '${to}' ]; then mkdir -p '${dirname(to)}'; : > '${to}'; fi`,
    `mount --bind '${from}' '${to}'`,
    ...(writable ? [] : [`mount -o remount,bind,ro '${to}'`])
  ])
  const whole = ["set -e", "mount -t tmpfs tmpfs /mnt", "mkdir /mnt/nexus", ...lines, "cd /mnt/work", script].join("\n")
  return execFileSync("unshare", [unshare, "sh", "-c", whole], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: "/mnt", GIT_CONFIG_NOSYSTEM: "1" }
  }).trim()
}

/** What is seen at /nexus is put to /mnt/nexus, where a test may mount without making folders of the machine's. */
const below = (site: Site, mounts: ReadonlyArray<Mount>): ReadonlyArray<Mount> => {
  const folder = site.gitDirectory ?? ""
  for (const file of [`${folder}.file`, join(folder, "objects/info/alternates")])
    writeFileSync(file, readFileSync(file, "utf8").replaceAll("/nexus/", "/mnt/nexus/"))
  return mounts.map((mount) => ({ ...mount, to: mount.to.replace(/^\/nexus\//, "/mnt/nexus/") }))
}

describe("what is mounted", () => {
  it("is the .git file, the private git directory and all object stores, of which the host's are read-only", async () => {
    using at = project()
    const lender = join(at.root, "lender")
    git(at.root, "init", "--quiet", lender)
    writeFileSync(join(at.top, ".git/objects/info/alternates"), `${join(lender, ".git/objects")}\n`)
    at.commit({ a: "1" })
    const site = await at.make()
    const folder = site.gitDirectory ?? ""
    expect(await run(worktrees.mounts(site, "/inside"))).toEqual([
      { from: `${folder}.file`, to: "/inside/.git", writable: false },
      { from: folder, to: "/nexus/git", writable: true },
      { from: join(at.top, ".git/objects"), to: "/nexus/objects/0", writable: false },
      { from: `${folder}.empty`, to: "/nexus/objects/0/info/alternates", writable: false },
      { from: join(lender, ".git/objects"), to: "/nexus/objects/1", writable: false }
    ])
    expect(await run(worktrees.mounts(at.site("other", { isolates: false }), "/inside"))).toEqual([])
    rmSync(folder, { recursive: true })
    await expect(run(worktrees.mounts(site, "/inside"))).rejects.toThrow("repair the workspace")
  })

  it("lets git work inside, and the host bring what it made", async () => {
    using at = project()
    const lender = join(at.root, "lender")
    mkdirSync(lender)
    git(lender, "init", "--quiet", "--initial-branch=main")
    writeFileSync(join(lender, "x"), "lent")
    git(lender, "add", "x")
    git(lender, "commit", "--quiet", "--message", "lent")
    rmSync(at.top, { recursive: true })
    git(at.root, "clone", "--quiet", "--shared", lender, at.top)
    at.git("config", "user.name", "Ada")
    at.git("config", "user.email", "ada@localhost")
    at.commit({ a: "1" })
    const site = await at.make()
    if (mayMount) {
      const mounts = below(site, await run(worktrees.mounts(site, "/mnt/work")))
      const told = within(
        site,
        mounts,
        [
          "git status --porcelain",
          "git log --format=%s",
          "echo 2 > a; git commit --quiet --all --message inside",
          "git fsck --strict 2>&1",
          "if touch /mnt/nexus/objects/0/x 2>/dev/null; then echo written; fi",
          "if rm -f .git 2>/dev/null; then echo removed; fi",
          "git diff --stat main | tail -1"
        ].join("\n")
      )
      expect(told).toBe("work\nlent\n 1 file changed, 1 insertion(+), 1 deletion(-)")
    } else {
      writeFileSync(join(site.folder, "a"), "2\n")
      inside(site, "commit", "--quiet", "--all", "--message", "inside")
    }
    expect(await run(worktrees.exchange(site))).toMatchObject({ kind: "brought" })
    expect(outside(site, "log", "-1", "--format=%s %an")).toBe("inside Ada")
    expect(outside(site, "status", "--porcelain")).toBe("")
    expect(existsSync(join(site.folder, ".git"))).toBe(true)
  })

  it("tells the workspace no token of a remote's address, and no other workspace's branch", async () => {
    using at = project()
    at.commit({ a: "1" })
    at.git("remote", "add", "origin", "https://ada:token@example.com/project.git")
    at.git("update-ref", "refs/remotes/origin/main", "HEAD")
    await at.make("other")
    const site = await at.make()
    const config = readFileSync(join(site.gitDirectory ?? "", "config"), "utf8")
    expect(config).toContain('url = "https://example.com/project.git"')
    expect(config).not.toContain("token")
    const packed = readFileSync(join(site.gitDirectory ?? "", "packed-refs"), "utf8")
    expect(packed).toContain("refs/remotes/origin/main")
    expect(packed).not.toContain("nexus/other")
  })
})
