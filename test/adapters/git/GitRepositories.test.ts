import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { layer } from "../../../src/adapters/git/GitRepositories.ts"
import { Repositories } from "../../../src/app/ports/Repositories.ts"
import { git, repository } from "../../app/world.ts"
import { scratch } from "../../support/log.ts"

const repositories = Effect.runSync(Repositories.pipe(Effect.provide(layer)))

const checkoutOf = (folder: string) => repositories.checkoutOf(folder)

const facts = (folder: string) => {
  const checkout = checkoutOf(folder)
  if (checkout === undefined) throw new Error(`${folder} is in no checkout`)
  return Effect.runPromise(repositories.facts(checkout))
}

const explain = (folder: string) => Effect.runSync(repositories.explain(folder))

/** A scratch folder by its real name, as macOS' temporary folder is behind a link. */
const stage = () => {
  const folder = scratch()
  return { path: realpathSync(folder.path), [Symbol.dispose]: folder[Symbol.dispose] }
}

const rootOf = (folder: string) => git(folder, "rev-list", "--max-parents=0", "HEAD")

describe("a repository", () => {
  it("is recognised by its first commit and its remote, from any folder in it", async () => {
    using at = stage()
    const top = repository(join(at.path, "project"))
    const root = rootOf(top)
    git(top, "commit", "--quiet", "--allow-empty", "--message", "second")
    git(top, "remote", "add", "upstream", "https://example.com/other/x.git")
    expect(await facts(top)).toEqual({ path: top, root, remote: null })
    git(top, "remote", "add", "origin", "git@Example.com:Ada/x.git")
    mkdirSync(join(top, "a/b"), { recursive: true })
    expect(checkoutOf(join(top, "a/b"))).toEqual({ top, path: top })
    expect(await facts(join(top, "a/b"))).toEqual({ path: top, root, remote: "example.com/Ada/x" })
    expect(checkoutOf(join(top, ".git/refs"))).toEqual({ top, path: top })
  })

  it("without a commit has no root", async () => {
    using at = stage()
    git(at.path, "init", "--quiet")
    expect(await facts(at.path)).toEqual({ path: at.path, root: null, remote: null })
  })

  it("with several roots is recognised by the oldest, also before they were joined", async () => {
    using at = stage()
    const top = repository(join(at.path, "project"))
    const root = rootOf(top)
    git(top, "checkout", "--quiet", "--orphan", "other")
    execFileSync(
      "git",
      ["-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "--quiet", "--allow-empty", "-m", "later root"],
      {
        cwd: top,
        env: {
          PATH: process.env["PATH"],
          HOME: at.path,
          GIT_COMMITTER_DATE: "2027-01-01T00:00:00Z",
          GIT_AUTHOR_DATE: "2027-01-01T00:00:00Z"
        }
      }
    )
    const later = rootOf(top)
    git(top, "checkout", "--quiet", "main")
    git(top, "merge", "--quiet", "--allow-unrelated-histories", "--message", "joined", "other")
    expect(rootOf(top).split("\n").sort()).toEqual([root, later].sort())
    expect((await facts(top)).root).toBe(root)
  })

  it("that is a shallow clone has no root, but its remote", async () => {
    using at = stage()
    const origin = repository(join(at.path, "origin"))
    for (const message of ["2", "3"]) git(origin, "commit", "--quiet", "--allow-empty", "--message", message)
    git(at.path, "clone", "--quiet", "--depth", "1", pathToFileURL(origin).href, "shallow")
    const found = await facts(join(at.path, "shallow"))
    expect(found.root).toBeNull()
    expect(found.remote).not.toBeNull()
    git(at.path, "clone", "--quiet", pathToFileURL(origin).href, "whole")
    expect(await facts(join(at.path, "whole"))).toEqual({
      ...found,
      path: join(at.path, "whole"),
      root: rootOf(origin)
    })
  })

  it("has linked worktrees with the same facts, which also say where it is", async () => {
    using at = stage()
    const top = repository(join(at.path, "project"))
    git(top, "remote", "add", "origin", "https://example.com/ada/x")
    const linked = join(at.path, "linked")
    git(top, "worktree", "add", "--quiet", "-b", "side", linked)
    mkdirSync(join(linked, "sub"))
    expect(checkoutOf(join(linked, "sub"))).toEqual({ top: linked, path: linked })
    expect(await facts(linked)).toEqual({ ...(await facts(top)), path: linked, main: top })
  })

  it("that is a submodule is a repository of its own", async () => {
    using at = stage()
    const inner = repository(join(at.path, "inner"), "the inner one")
    const outer = repository(join(at.path, "outer"), "the outer one")
    git(outer, "submodule", "--quiet", "add", inner, "parts/inner")
    const top = join(outer, "parts/inner")
    expect(checkoutOf(top)).toEqual({ top, path: top })
    expect((await facts(top)).root).toBe(rootOf(inner))
    expect((await facts(join(outer, "parts"))).root).toBe(rootOf(outer))
    expect(rootOf(inner)).not.toBe(rootOf(outer))
  })

  it.each(["with space", 'it\'s "quoted"', "new\nline", "é 日本語 🙂", "-dash", "$HOME `id`", "a\\b", "glob*[x]?"])(
    "may be in a folder named %j",
    async (name) => {
      using at = stage()
      const top = repository(join(at.path, name))
      expect(checkoutOf(top)).toEqual({ top, path: top })
      expect(await facts(top)).toEqual({ path: top, root: rootOf(top), remote: null })
    }
  )

  it("reached through a symbolic link is known by its real name", async () => {
    using at = stage()
    const top = repository(join(at.path, "project"))
    const link = join(at.path, "link")
    symlinkSync(top, link)
    mkdirSync(join(top, "sub"))
    expect(checkoutOf(join(link, "sub"))).toEqual({ top: link, path: top })
    expect((await facts(link)).path).toBe(top)
  })

  it("is the one of the folder, wherever GIT_DIR and its like point", async () => {
    using at = stage()
    const top = repository(join(at.path, "project"), "mine")
    const other = repository(join(at.path, "other"), "another")
    git(other, "remote", "add", "origin", "https://example.com/other")
    const misleading = {
      GIT_DIR: join(other, ".git"),
      GIT_WORK_TREE: other,
      GIT_COMMON_DIR: join(other, ".git"),
      GIT_CONFIG_PARAMETERS: "'remote.origin.url'='https://example.com/other'",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "remote.origin.url",
      GIT_CONFIG_VALUE_0: "https://example.com/other"
    }
    const before = Object.keys(misleading).map((name) => [name, process.env[name]] as const)
    Object.assign(process.env, misleading)
    try {
      expect(await facts(top)).toEqual({ path: top, root: rootOf(top), remote: null })
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    }
  })

  it("is only read: looking at it changes no file of git's", async () => {
    using at = stage()
    const top = repository(join(at.path, "project"))
    writeFileSync(join(top, "file"), "x")
    git(top, "add", "file")
    const state = () =>
      execFileSync("sh", ["-c", "find .git -type f -exec cksum {} + | sort"], { cwd: top, encoding: "utf8" })
    const before = state()
    await facts(top)
    expect(state()).toBe(before)
  })

  it("runs nothing that its configuration names", async () => {
    using at = stage()
    const top = repository(join(at.path, "project"))
    const ran = join(at.path, "ran")
    for (const setting of ["core.fsmonitor", "core.pager", "core.sshCommand", "alias.rev-list", "diff.external"])
      git(top, "config", setting, `${setting.startsWith("alias") ? "!" : ""}touch '${ran}'`)
    await facts(top)
    expect(() => realpathSync(ran)).toThrow(/ENOENT/)
  })

  it("that is broken fails with the folder and the reason", async () => {
    using at = stage()
    const top = repository(join(at.path, "project"))
    writeFileSync(join(top, ".git/config"), "[broken")
    await expect(facts(top)).rejects.toThrow(/git rev-parse failed in .*project: .*config/s)
  })
})

describe("what is no checkout", () => {
  it("is a folder outside of repositories, one that is not there, and a file", () => {
    using at = stage()
    const file = join(at.path, "file")
    writeFileSync(file, "x")
    expect(checkoutOf(at.path)).toBeUndefined()
    expect(explain(at.path)).toMatch(/^is in no git repository\..*git init/)
    expect(explain(join(at.path, "none"))).toBe("does not exist.")
    expect(explain(file)).toBe("is not a folder.")
  })

  it("is a bare repository", () => {
    using at = stage()
    git(at.path, "init", "--quiet", "--bare")
    expect(checkoutOf(at.path)).toBeUndefined()
    expect(explain(at.path)).toMatch(/^is a bare repository/)
  })

  it("is a folder whose .git is empty, some other file, or leads around in a circle", () => {
    using at = stage()
    const entry = join(at.path, ".git")
    mkdirSync(entry)
    expect(checkoutOf(at.path)).toBeUndefined()
    rmSync(entry, { recursive: true })
    writeFileSync(entry, "just notes")
    expect(checkoutOf(at.path)).toBeUndefined()
    rmSync(entry)
    symlinkSync(".git", entry)
    expect(checkoutOf(at.path)).toBeUndefined()
  })

  it("is a folder whose .git is a pipe, and nobody waits for its writer", () => {
    using at = stage()
    execFileSync("mkfifo", [join(at.path, ".git")])
    const source = new URL("../../../src/adapters/git/GitRepositories.ts", import.meta.url).href
    const port = new URL("../../../src/app/ports/Repositories.ts", import.meta.url).href
    const script = `const { layer } = await import(${JSON.stringify(source)})
      const { Repositories } = await import(${JSON.stringify(port)})
      const Effect = await import("effect/Effect")
      const found = Effect.runSync(Repositories.pipe(Effect.provide(layer)))
      console.log(found.checkoutOf(${JSON.stringify(at.path)}))`
    const cwd = join(import.meta.dirname, "../../..")
    const ran = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd,
      encoding: "utf8",
      timeout: 20_000
    })
    expect([ran.stdout, ran.stderr]).toEqual(["undefined\n", ""])
  })

  it("does not hide the checkout that it is in", () => {
    using at = stage()
    const top = repository(join(at.path, "project"))
    mkdirSync(join(top, "sub/.git"), { recursive: true })
    expect(checkoutOf(join(top, "sub"))).toEqual({ top, path: top })
  })
})
