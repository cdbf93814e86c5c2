/** A repository with workspaces in it, through the adapter; and what runs in them, as a container would see it. */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { layer } from "../../../../src/adapters/git/GitWorktrees.ts"
import { type Site, Worktrees } from "../../../../src/app/ports/Worktrees.ts"
import type { WorkspaceId, WorkspaceName } from "../../../../src/domain/workspace/Ids.ts"
import { git } from "../../../app/world.ts"
import { run, stage } from "../stage.ts"

export const worktrees = Effect.runSync(Worktrees.pipe(Effect.provide(layer)))

export const failure = <A, E>(asked: Effect.Effect<A, E>): Promise<E> => run(Effect.flip(asked))

/** A project with a commit, and its workspaces. */
export const project = (...init: ReadonlyArray<string>) => {
  const at = stage(...init)
  at.git("config", "user.name", "Ada")
  at.git("config", "user.email", "ada@localhost")
  const home = join(at.root, "home")
  mkdirSync(home)
  const site = (name = "feat", { isolates = true, id = idOf(name) } = {}): Site => {
    mkdirSync(join(home, id), { recursive: true })
    return {
      repository: at.top,
      folder: join(at.top, ".worktree", name),
      branch: `nexus/${name}`,
      workspace: id,
      name: name as WorkspaceName,
      gitDirectory: isolates ? join(home, id, "git") : undefined
    }
  }
  return {
    ...at,
    home,
    site,
    /** Plans and adds. */
    make: async (
      name = "feat",
      options: { readonly isolates?: boolean; readonly base?: string } = {}
    ): Promise<Site> => {
      const made = site(name, options)
      const { commit } = await run(worktrees.plan(made, options.base ?? "HEAD"))
      await run(worktrees.add(made, commit))
      return made
    },
    [Symbol.dispose]: () => at[Symbol.dispose]()
  }
}

export const idOf = (name: string): WorkspaceId =>
  `ws_${createHash("sha256").update(name).digest("hex").slice(0, 16)}` as WorkspaceId

/** git as it runs in the workspace, with its private git directory and the same files. */
export const inside = (site: Site, ...args: ReadonlyArray<string>): string =>
  execFileSync("git", ["-c", "protocol.file.allow=always", ...args], {
    cwd: site.folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: site.folder,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_DIR: site.gitDirectory,
      GIT_WORK_TREE: site.folder,
      // Where its alternates lead is there only inside.
      GIT_ALTERNATE_OBJECT_DIRECTORIES: join(site.repository, ".git/objects"),
      GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z",
      GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z"
    }
  }).trim()

/** git as the user runs it in the worktree. */
export const outside = (site: Site, ...args: ReadonlyArray<string>): string => git(site.folder, ...args)

export const put = (site: Site, path: string, content: string | Buffer): void => {
  const file = join(site.folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

/** Commits a file inside; gives the commit. */
export const commitInside = (site: Site, path: string, content: string | Buffer): string => {
  put(site, path, content)
  inside(site, "add", "--all")
  inside(site, "commit", "--quiet", "--message", `write ${path}`)
  return inside(site, "rev-parse", "HEAD")
}

/** Every path below a folder with its mode, times and bytes; but what is in the given ones. */
export const photograph = (
  folder: string,
  but: ReadonlyArray<string> = [],
  times: "with times" | "without times" = "with times"
): ReadonlyArray<string> => {
  const seen: Array<string> = []
  const visit = (path: string, name: string): void => {
    if (but.includes(name)) return
    const stat = lstatSync(path, { bigint: true })
    const kind = stat.isDirectory() ? "folder" : stat.isSymbolicLink() ? `link ${readlinkSync(path)}` : "file"
    const content = stat.isFile() ? createHash("sha256").update(readFileSync(path)).digest("hex") : ""
    // Folders' times change with what is made and taken back in them.
    const time = stat.isDirectory() || times === "without times" ? "" : String(stat.mtimeNs)
    seen.push(`${name} ${kind} ${stat.mode.toString(8)} ${time} ${content}`)
    if (stat.isDirectory()) for (const child of readdirSync(path).sort()) visit(join(path, child), `${name}/${child}`)
  }
  visit(folder, ".")
  return seen
}
