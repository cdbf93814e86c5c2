/** The built program as a user runs it: real processes and repositories, with folders and an environment of their own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

/** What `npm run build` makes, and what `nexus` is once installed. */
export const program = join(import.meta.dirname, "../../dist/nexus.js")

export const fixtures = join(import.meta.dirname, "../fixtures")

export interface Ran {
  /** 128 and the signal's number for a process that a signal ended. */
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  /** Beside the world's own variables; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly stdin?: string | Buffer
}

/** A user with an empty home folder, and a Nexus that has recorded nothing yet. Gone when disposed of. */
export interface World {
  readonly root: string
  /** NEXUS_HOME. */
  readonly home: string
  /** HOME. */
  readonly user: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly nexus: (args: ReadonlyArray<string>, options?: RunOptions) => Promise<Ran>
  /** As an agent runs its hooks: `sh -c`. */
  readonly sh: (command: string, options?: RunOptions) => Promise<Ran>
  readonly run: (command: string, args: ReadonlyArray<string>, options?: RunOptions) => Promise<Ran>
  /** The same as `nexus`, still running. */
  readonly start: (args: ReadonlyArray<string>, options?: RunOptions) => ChildProcess
  readonly git: (folder: string, ...args: ReadonlyArray<string>) => string
  /** A new repository with one commit, at `name` in the world's folder; its real path. */
  readonly repository: (name?: string) => string
  readonly [Symbol.dispose]: () => void
}

/** `names`: of the folders for NEXUS_HOME. */
export const newWorld = ({ home: homeName = "nexus-home" } = {}): World => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "nexus-cli-")))
  const home = join(root, homeName)
  const user = join(root, "user")
  mkdirSync(user)
  const env = {
    PATH: withoutAgents(process.env["PATH"] ?? ""),
    HOME: user,
    TMPDIR: tmpdir(),
    LANG: "C.UTF-8",
    NEXUS_HOME: home,
    XDG_CONFIG_HOME: join(user, "config"),
    XDG_DATA_HOME: join(user, "data"),
    XDG_CACHE_HOME: join(user, "cache"),
    GIT_CONFIG_NOSYSTEM: "1",
    // A process that stays behind for a while is only for tests that are about it.
    NEXUS_WORKSPACE_KEEPER: "false"
  }
  const running = new Set<ChildProcess>()
  const start = (command: string, args: ReadonlyArray<string>, options: RunOptions = {}): ChildProcess => {
    const child = spawn(command, args, { cwd: options.cwd ?? root, env: { ...env, ...options.env }, stdio: "pipe" })
    running.add(child)
    child.once("exit", () => running.delete(child))
    return child
  }
  const run: World["run"] = (command, args, options = {}) => finished(start(command, args, options), options.stdin)
  const git: World["git"] = (folder, ...args) =>
    execFileSync("git", [...nobody, ...args], { cwd: folder, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
  return {
    root,
    home,
    user,
    env,
    run,
    git,
    nexus: (args, options) => run(process.execPath, [program, ...args], options),
    sh: (command, options) => run("/bin/sh", ["-c", command], options),
    start: (args, options) => start(process.execPath, [program, ...args], options),
    repository: (name = "project") => {
      const folder = join(root, name)
      put(join(folder, "README.md"), "# A project\n")
      git(folder, "init", "--quiet", "--initial-branch=main")
      git(folder, "add", "--all")
      git(folder, "commit", "--quiet", "--message", "First")
      return folder
    },
    [Symbol.dispose]: () => {
      for (const child of running) child.kill("SIGKILL")
      rmSync(root, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}

/** Agents that are installed on the machine which runs the tests are none of the user's. */
const withoutAgents = (path: string): string => {
  const agents = ["claude", "codex", "cursor", "cursor-agent", "gemini", "opencode"]
  const holds = (folder: string, names: ReadonlyArray<string>) => names.some((name) => existsSync(join(folder, name)))
  return path
    .split(":")
    .filter((folder) => !holds(folder, agents) || holds(folder, ["git", "sh"]))
    .join(":")
}

const nobody = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]

const signals: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 }

/** What a process printed, and how it ended. */
export const finished = (child: ChildProcess, stdin: string | Buffer = ""): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const printed = { stdout: [] as Array<Buffer>, stderr: [] as Array<Buffer> }
    child.stdout?.on("data", (chunk: Buffer) => printed.stdout.push(chunk))
    child.stderr?.on("data", (chunk: Buffer) => printed.stderr.push(chunk))
    child.once("error", reject)
    child.once("close", (code, signal) =>
      resolve({
        exit: code ?? 128 + (signals[signal ?? ""] ?? 0),
        stdout: Buffer.concat(printed.stdout).toString("utf8"),
        stderr: Buffer.concat(printed.stderr).toString("utf8")
      })
    )
    // Many programs do not read their input to its end, or at all.
    child.stdin?.on("error", () => undefined)
    child.stdin?.end(stdin)
  })

export const put = (path: string, content: string | Buffer): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

export const lines = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

/** The one JSON document that a command printed. */
export const json = (ran: Ran): any => {
  if (ran.exit !== 0) throw new Error(`exit ${ran.exit}: ${ran.stderr}`)
  return JSON.parse(ran.stdout)
}

/** One JSON object a line. */
export const jsonLines = (ran: Ran): ReadonlyArray<any> => {
  if (ran.exit !== 0) throw new Error(`exit ${ran.exit}: ${ran.stderr}`)
  return lines(ran.stdout).map((line) => JSON.parse(line) as unknown)
}

/** A payload recorded from a real client, with its folders and whatever else is given changed. */
export const fixture = (name: string, changes: Readonly<Record<string, unknown>> = {}): Record<string, any> => {
  const { payload } = JSON.parse(readFileSync(join(fixtures, "hooks", `${name}.json`), "utf8")) as {
    payload: Record<string, unknown>
  }
  return { ...payload, ...changes }
}

/** What `nexus doctor --json` says of one check. */
export const diagnosis = async (world: World, check: string, options: RunOptions = {}): Promise<any> => {
  const { items } = json(await world.nexus(["doctor", "--json"], options)) as { items: ReadonlyArray<any> }
  return items.find((item) => item.check === check)
}

/** Root may read and write everything, whatever a file's mode says. */
export const isRoot = process.getuid?.() === 0
