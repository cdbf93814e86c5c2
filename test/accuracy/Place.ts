/** A folder in which somebody writes files and runs git. */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { datesForGit } from "./Clock.ts"

export interface Place {
  /** Where commands run, and what paths of files are relative to. */
  readonly cwd: string
  /** The top folder of the checkout. */
  readonly top: string
  /** A person saves a file: plain bytes on disk, nobody is told. */
  readonly write: (file: string, content: string | Buffer) => void
  /** A person replaces a part of a file and saves it. Fails when `old` is not there exactly once. */
  readonly change: (file: string, old: string, fresh: string) => void
  readonly read: (file: string) => string
  readonly bytes: (file: string) => Buffer
  readonly remove: (file: string) => void
  /** A person renames a file without git. */
  readonly move: (from: string, to: string) => void
  /** A person runs a command in a shell: a formatter, `cp`, `sort`. */
  readonly run: (command: string) => void
  /** Runs the real git; what it printed, without the last line end. Fails when git does. */
  readonly git: (...args: ReadonlyArray<string>) => string
  /** With more variables: GIT_AUTHOR_NAME, GIT_SEQUENCE_EDITOR (see `todo`), GIT_EDITOR. */
  readonly gitWith: (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) => string
  /** With text on standard input: the answers to `git add -p`. */
  readonly gitAnswering: (input: string, ...args: ReadonlyArray<string>) => string
  /** git is expected to fail (a conflict, a rejected push); all that it printed. */
  readonly gitFails: (...args: ReadonlyArray<string>) => string
  readonly gitFailsWith: (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) => string
  /** The variables for an interactive rebase that is to do these instructions. */
  readonly todo: (...instructions: ReadonlyArray<string>) => Readonly<Record<string, string>>
  /** Adds everything and commits; the commit's id. */
  readonly commit: (message: string) => string
  /** The id of a revision. */
  readonly id: (revision?: string) => string
}

/** Where a shell on the stage finds its commands: the system's, and the formatter of this project, oxfmt. */
export const commands = `${join(import.meta.dirname, "../../node_modules/.bin")}:${process.env["PATH"] ?? ""}`

/** `home` holds the person's files for git; `name` is who commits. The times of commits are those of the clock. */
export const placeAt = (top: string, cwd: string, home: string, name = "Ada"): Place => {
  const environment = {
    PATH: process.env["PATH"],
    HOME: home,
    LANG: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: `${name.toLowerCase()}@localhost`,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: `${name.toLowerCase()}@localhost`,
    GIT_EDITOR: "true",
    GIT_SEQUENCE_EDITOR: "true"
  }
  const run = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}, input = "") => {
    const ran = spawnSync("git", ["-c", "protocol.file.allow=always", ...args], {
      cwd,
      input,
      encoding: "utf8",
      env: { ...environment, ...datesForGit(), ...env },
      maxBuffer: 256 * 1024 * 1024
    })
    if (ran.error !== undefined) throw ran.error
    return ran
  }
  const succeeding: typeof run = (args, env, input) => {
    const ran = run(args, env, input)
    if (ran.status !== 0) throw new Error(`git ${args.join(" ")} failed:\n${ran.stdout}${ran.stderr}`)
    return ran
  }
  const failing = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): string => {
    const ran = run(args, env)
    if (ran.status === 0) throw new Error(`git ${args.join(" ")} was to fail:\n${ran.stdout}${ran.stderr}`)
    return `${ran.stdout}${ran.stderr}`
  }
  const git: Place["git"] = (...args) => withoutEnd(succeeding(args).stdout)
  const write: Place["write"] = (file, content) => {
    mkdirSync(dirname(join(cwd, file)), { recursive: true })
    writeFileSync(join(cwd, file), content)
  }
  const read: Place["read"] = (file) => readFileSync(join(cwd, file), "utf8")
  return {
    cwd,
    top,
    write,
    read,
    git,
    change: (file, old, fresh) => write(file, replaceOnce(read(file), old, fresh)),
    run: (command) =>
      void execFileSync("bash", ["-c", command], {
        cwd,
        env: { ...environment, ...datesForGit(), PATH: commands },
        stdio: "pipe"
      }),
    bytes: (file) => readFileSync(join(cwd, file)),
    remove: (file) => rmSync(join(cwd, file)),
    move: (from, to) => {
      mkdirSync(dirname(join(cwd, to)), { recursive: true })
      renameSync(join(cwd, from), join(cwd, to))
    },
    gitWith: (env, ...args) => withoutEnd(succeeding(args, env).stdout),
    gitAnswering: (input, ...args) => withoutEnd(succeeding(args, {}, input).stdout),
    gitFails: (...args) => failing(args, {}),
    gitFailsWith: (env, ...args) => failing(args, env),
    todo: (...instructions) => {
      const file = join(home, "todo")
      writeFileSync(file, `${instructions.join("\n")}\n`)
      return { GIT_SEQUENCE_EDITOR: `cp '${file}'` }
    },
    commit: (message) => {
      git("add", "--all")
      git("commit", "--quiet", "--message", message)
      return git("rev-parse", "HEAD")
    },
    id: (revision = "HEAD") => git("rev-parse", "--verify", "--quiet", revision)
  }
}

/** A text with the one place where `old` stands replaced. */
export const replaceOnce = (text: string, old: string, fresh: string): string => {
  const [before, after, ...more] = text.split(old)
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${JSON.stringify(old)} is not exactly once in:\n${text}`)
  return `${before}${fresh}${after}`
}

const withoutEnd = (text: string): string => text.replace(/\n$/, "")
