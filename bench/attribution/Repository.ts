/** Repositories of a benchmark, made at once with `git fast-import`. */
import { execFileSync, spawnSync } from "node:child_process"
import { appendFileSync, mkdirSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { environment } from "../processes.ts"

export interface Commit {
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
  /** Adds commits to the branch that is checked out, as if they had been made by hand. */
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
  mkdirSync(join(path, ".git/logs"))
  return {
    path,
    user,
    home: join(user, "home"),
    environment: env,
    git,
    add: (commits) => {
      const branch = git("symbolic-ref", "HEAD")
      const before = git("for-each-ref", "--format=%(objectname)", branch)
      const { status, stderr } = spawnSync("git", ["fast-import", "--quiet"], {
        cwd: path,
        env,
        input: Buffer.concat(
          commits.map((commit, index) => importOf(commit, branch, index === 0 && before !== "" ? `${branch}^0` : ""))
        )
      })
      if (status !== 0) throw new Error(String(stderr))
      const made = git("log", "--reverse", "--format=%H %ct", before === "" ? branch : `${before}..${branch}`)
      appendFileSync(join(path, ".git/logs/HEAD"), movesOf(made.split("\n"), before))
      git("reset", "--quiet", "--hard")
    }
  }
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`

const importOf = ({ time, files }: Commit, branch: string, from: string): Buffer => {
  const when = `${who} ${Math.floor(time / 1000)} +0000`
  const changes = [...files].map(([path, content]) => `M 100644 inline ${path}\n${data(content)}`)
  const begin = from === "" ? "" : `from ${from}\n`
  return Buffer.from(
    `commit ${branch}\nauthor ${when}\ncommitter ${when}\n${data("Work\n")}${begin}${changes.join("")}`
  )
}

/** What HEAD's reflog says of commits that were made one after the other; each "<id> <seconds>". */
const movesOf = (commits: ReadonlyArray<string>, before: string): string => {
  let last = before === "" ? "0".repeat(40) : before
  const moves = commits.map((commit) => {
    const [id = "", seconds = ""] = commit.split(" ")
    const move = `${last} ${id} ${who} ${seconds} +0000\tcommit: Work\n`
    last = id
    return move
  })
  return moves.join("")
}
