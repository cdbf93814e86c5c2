/** A worktree's git state, in every state that git knows, kept and put back. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { put } from "../../support/cli.ts"
import { all, snapshot, stage, type Stage } from "./stage.ts"

/** A repository with a linked worktree on a branch of its own, two commits ahead of main. */
const repository = (world: Stage) => {
  const main = world.folder("main")
  world.git(main, "init", "-q")
  put(join(main, "f"), "base\n")
  put(join(main, "g"), "g\n")
  world.git(main, "add", "-A")
  world.git(main, "commit", "-qm", "base")
  const tree = join(world.root, "tree")
  world.git(main, "worktree", "add", "-q", "-b", "nexus/x", tree)
  for (const text of ["one\n", "two\n"]) {
    put(join(tree, "f"), text)
    world.git(tree, "commit", "-qam", text.trim())
  }
  world.git(main, "branch", "side", "main")
  return { main, tree, dir: join(main, ".git/worktrees/tree") }
}

const may = (body: () => void): void => {
  try {
    body()
  } catch {
    // A conflict: git's exit code says so.
  }
}

type Place = ReturnType<typeof repository>

const conflicting = (world: Stage, { tree }: Place): void => {
  world.git(tree, "checkout", "-qb", "nexus/other", "main")
  put(join(tree, "f"), "other\n")
  world.git(tree, "commit", "-qam", "other")
  put(join(tree, "h"), "h\n")
  world.git(tree, "add", "-A")
  world.git(tree, "commit", "-qm", "more")
}

const states: ReadonlyArray<{ readonly name: string; readonly make: (world: Stage, place: Place) => void }> = [
  { name: "on a branch", make: () => undefined },
  {
    name: "with a staged change that differs from the file",
    make: (world, { tree }) => {
      put(join(tree, "f"), "staged\n")
      world.git(tree, "add", "f")
      put(join(tree, "f"), "not staged\n")
      put(join(tree, "new"), "n\n")
      world.git(tree, "add", "-N", "new")
    }
  },
  {
    name: "in a merge with conflicts",
    make: (world, place) => {
      conflicting(world, place)
      may(() => world.git(place.tree, "merge", "nexus/x"))
      expect(existsSync(join(place.dir, "MERGE_HEAD"))).toBe(true)
    }
  },
  {
    name: "in a rebase with conflicts",
    make: (world, place) => {
      conflicting(world, place)
      may(() => world.git(place.tree, "rebase", "nexus/x"))
      expect(existsSync(join(place.dir, "rebase-merge/git-rebase-todo"))).toBe(true)
    }
  },
  {
    name: "in a cherry-pick with conflicts",
    make: (world, place) => {
      conflicting(world, place)
      may(() => world.git(place.tree, "cherry-pick", "nexus/x~1", "nexus/x"))
      expect(existsSync(join(place.dir, "CHERRY_PICK_HEAD"))).toBe(true)
    }
  },
  {
    name: "in a revert with conflicts",
    make: (world, { tree, dir }) => {
      may(() => world.git(tree, "revert", "--no-edit", "HEAD~1"))
      expect(existsSync(join(dir, "REVERT_HEAD"))).toBe(true)
    }
  },
  {
    name: "in a bisection",
    make: (world, { tree, dir }) => {
      world.git(tree, "bisect", "start", "HEAD", "main")
      expect(existsSync(join(dir, "BISECT_LOG"))).toBe(true)
    }
  },
  { name: "detached", make: (world, { tree }) => void world.git(tree, "checkout", "-q", "--detach", "HEAD~1") },
  {
    name: "on a branch without a commit",
    make: (world, { tree }) => {
      world.git(tree, "checkout", "-q", "--orphan", "nexus/fresh")
      put(join(tree, "only"), "only\n")
      world.git(tree, "add", "only")
    }
  },
  {
    name: "in a sparse checkout",
    make: (world, { tree }) => void world.git(tree, "sparse-checkout", "set", "--no-cone", "/f")
  }
]

/** What a person sees of it. */
const told = (world: Stage, tree: string) => ({
  status: world.git(tree, "status", "--porcelain=v2", "--branch"),
  staged: world.git(tree, "ls-files", "--stage", "-v", "-z"),
  head: readFileSync(join(world.root, "main/.git/worktrees/tree/HEAD"), "utf8")
})

describe("a git state", () => {
  it.each(states)(
    "$name comes back after its branches were deleted and git has cleaned up",
    { timeout: 120_000 },
    async ({ make }) => {
      await using world = stage()
      const place = repository(world)
      const { main, tree, dir } = place
      make(world, place)
      const git = await world.trees.keepGit(dir)
      const files = await world.trees.keepFiles(tree, all)
      const before = { ...told(world, tree), files: snapshot(tree) }
      for (const abort of ["merge", "rebase", "cherry-pick", "revert"]) may(() => world.git(tree, abort, "--abort"))
      may(() => world.git(tree, "bisect", "reset"))
      may(() => world.git(tree, "sparse-checkout", "disable"))
      world.git(tree, "checkout", "-qf", "-B", "elsewhere", "main")
      for (const branch of ["nexus/x", "nexus/other"]) may(() => world.git(main, "branch", "-D", branch))
      put(join(tree, "f"), "something else\n")
      world.git(tree, "commit", "-qam", "elsewhere")
      world.git(main, "reflog", "expire", "--all", "--expire=now")
      rmSync(join(dir, "logs"), { recursive: true, force: true })
      for (const name of ["ORIG_HEAD", "AUTO_MERGE", "REBASE_HEAD"]) rmSync(join(dir, name), { force: true })
      world.git(main, "gc", "-q", "--prune=now")
      const undo = await world.trees.keepFiles(tree, { ...all, over: files.hash })
      expect(await world.trees.restoreFiles(files.hash, tree, undo.hash)).toEqual([])
      expect(await world.trees.restoreGit(git.hash, dir)).toEqual([])
      expect({ ...told(world, tree), files: snapshot(tree) }).toEqual(before)
      expect(world.git(main, "fsck", "--connectivity-only")).not.toMatch(/missing|broken/)
      expect((await world.trees.keepGit(dir)).hash).toBe(git.hash)
    }
  )

  it("goes on from where a rebase stood", async () => {
    await using world = stage()
    const place = repository(world)
    states.find(({ name }) => name.includes("rebase"))?.make(world, place)
    const git = await world.trees.keepGit(place.dir)
    const files = await world.trees.keepFiles(place.tree, all)
    world.git(place.tree, "rebase", "--abort")
    const undo = await world.trees.keepFiles(place.tree, { ...all, over: files.hash })
    await world.trees.restoreFiles(files.hash, place.tree, undo.hash)
    await world.trees.restoreGit(git.hash, place.dir)
    put(join(place.tree, "f"), "solved\n")
    world.git(place.tree, "add", "f")
    world.git(place.tree, "-c", "core.editor=true", "rebase", "--continue")
    expect(world.git(place.tree, "log", "--format=%s").split("\n").slice(0, 3)).toEqual(["more", "other", "two"])
  })

  it("is that of a repository's own worktree as well", async () => {
    await using world = stage()
    const main = world.folder("main")
    world.git(main, "init", "-q")
    put(join(main, "f"), "1")
    world.git(main, "add", "f")
    const unborn = await world.trees.keepGit(join(main, ".git"))
    world.git(main, "commit", "-qm", "one")
    const first = await world.trees.keepGit(join(main, ".git"))
    world.git(main, "commit", "-q", "--amend", "-m", "changed")
    world.git(main, "reflog", "expire", "--all", "--expire=now")
    world.git(main, "gc", "-q", "--prune=now")
    expect(await world.trees.restoreGit(first.hash, join(main, ".git"))).toEqual([])
    expect(world.git(main, "log", "--format=%s").trim()).toBe("one")
    expect(await world.trees.restoreGit(unborn.hash, join(main, ".git"))).toEqual([])
    expect(world.git(main, "status", "--porcelain").trim()).toBe("A  f")
  })

  it("is not put back while git is at work, over another worktree's branch, or without what it builds on", async () => {
    await using world = stage()
    const { main, tree, dir } = repository(world)
    const git = await world.trees.keepGit(dir)
    const before = snapshot(join(main, ".git"))
    writeFileSync(join(dir, "index.lock"), "")
    await expect(world.trees.restoreGit(git.hash, dir)).rejects.toThrow(/index\.lock is there/)
    rmSync(join(dir, "index.lock"))
    expect(snapshot(join(main, ".git"))).toEqual(before)
    world.git(tree, "checkout", "-q", "--detach")
    world.git(main, "checkout", "-q", "nexus/x")
    await expect(world.trees.restoreGit(git.hash, dir)).rejects.toThrow(/another worktree/)
    const other = world.folder("other")
    world.git(other, "init", "-q")
    await expect(world.trees.restoreGit(git.hash, join(other, ".git"))).rejects.toThrow(/builds on/)
    expect(world.git(other, "for-each-ref")).toBe("")
  })

  it("brings no settings along that make git run programs", async () => {
    await using world = stage()
    const { tree, dir, main } = repository(world)
    world.git(main, "config", "extensions.worktreeConfig", "true")
    world.git(tree, "config", "--worktree", "core.fsmonitor", "/tmp/evil")
    const git = await world.trees.keepGit(dir)
    rmSync(join(dir, "config.worktree"))
    await expect(world.trees.restoreGit(git.hash, dir)).rejects.toThrow(/config\.worktree sets core\.fsmonitor/)
    expect(existsSync(join(dir, "config.worktree"))).toBe(false)
  })
})
