/** Repositories of a benchmark, made at once with `git fast-import`. */
import { execFileSync, spawnSync } from "node:child_process"
import { appendFileSync, mkdirSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { environment } from "../processes.ts"

export interface Commit {
  readonly branch: string
  /** What it follows: a branch as it was before. Without it: the commit of its own branch that was given before it. */
  readonly from?: string
  /** Milliseconds since 1970. */
  readonly time: number
  /** What it changes: contents by path. */
  readonly files: ReadonlyMap<string, string>
}

/** In a folder of its own, whose user has no other configuration of git. */
export interface Repository {
  readonly path: string
  /** Of the user; the home of Nexus is in it as well. */
  readonly user: string
  readonly home: string
  readonly environment: Record<string, string>
  readonly git: (...args: ReadonlyArray<string>) => string
  /** Adds commits to their branches; what is checked out is then as they say. */
  readonly add: (commits: ReadonlyArray<Commit>) => void
}

const who = "Ada <ada@localhost>"

export const repositoryIn = (folder: string): Repository => {
  const user = realpathSync(folder)
  const path = join(user, "repository")
  mkdirSync(path)
  const env = {
    ...environment(user),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "Ada",
    GIT_AUTHOR_EMAIL: "ada@localhost",
    GIT_COMMITTER_NAME: "Ada",
    GIT_COMMITTER_EMAIL: "ada@localhost"
  }
  const git: Repository["git"] = (...args) =>
    execFileSync("git", args, { cwd: path, encoding: "utf8", env, maxBuffer: 1 << 28 }).trimEnd()
  git("init", "--quiet", "--initial-branch=main")
  return {
    path,
    user,
    home: join(user, "home"),
    environment: env,
    git,
    add: (commits) => {
      const before = git("for-each-ref", "refs/heads/main")
      const { status, stderr } = spawnSync("git", ["fast-import", "--quiet"], {
        cwd: path,
        env,
        input: Buffer.concat(commits.map(importOf))
      })
      if (status !== 0) throw new Error(String(stderr))
      if (before === "") logMoves(path, git)
      git("reset", "--quiet", "--hard")
    }
  }
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`

const importOf = ({ branch, from, time, files }: Commit): Buffer => {
  const when = `${who} ${Math.floor(time / 1000)} +0000`
  const changes = [...files].map(([path, content]) => `M 100644 inline ${path}\n${data(content)}`)
  const begin = from === undefined ? "" : `from refs/heads/${from}^0\n`
  const head = `commit refs/heads/${branch}\nauthor ${when}\ncommitter ${when}\n${data("Work\n")}${begin}`
  return Buffer.from(head + changes.join(""))
}

/** The reflog that HEAD has where each commit of the branch was made by hand. */
const logMoves = (path: string, git: Repository["git"]): void => {
  let last = "0".repeat(40)
  const moves = git("log", "--reverse", "--format=%H %ct", "refs/heads/main")
    .split("\n")
    .map((line) => {
      const [id = "", time = ""] = line.split(" ")
      const move = `${last} ${id} ${who} ${time} +0000\tcommit: Work\n`
      last = id
      return move
    })
  mkdirSync(join(path, ".git/logs"), { recursive: true })
  appendFileSync(join(path, ".git/logs/HEAD"), moves.join(""))
}
