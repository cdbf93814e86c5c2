/** Whole processes: the capture hook, and how fast the program starts. */
import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { ClaudeAgent } from "../src/adapters/agents/claude/ClaudeAgent.ts"
import type { JsonObject } from "../src/app/ports/Agent.ts"
import * as Live from "../src/cli/Live.ts"
import { EventLog } from "../src/events/EventLog.ts"
import * as Home from "../src/events/Home.ts"
import { packageFile } from "../src/events/PackageFile.ts"
import type { Bench } from "./Bench.ts"
import type { Job, Task } from "./launcher.ts"
import { median, quantile, type Result, time } from "./Result.ts"
import { batch, deliveries, storeContents } from "./Workload.ts"

/** What an agent's hook finds: a repository with Nexus' hooks, and a log of 10,000 events. */
export const captureHook = async (bench: Bench): Promise<Result> => {
  const folder = bench.folder()
  const home = join(folder, "home")
  const repository = join(folder, "repository")
  await fill(bench, home, 10_000)
  run(["git", "init", "--quiet", repository], folder)
  run([process.execPath, bench.program, "--home", home, "init", "--yes"], repository)
  const settings = readFileSync(join(repository, ClaudeAgent.settings.file("local")), "utf8")

  const hooks = payloads().flatMap((payload) => {
    const commands = ClaudeAgent.settings.commandsFor(settings, JSON.parse(payload) as JsonObject)
    const [command] = commands
    return commands.length !== 1 || command === undefined || command.endsWith(" ack") ? [] : [{ command, payload }]
  })
  const commands = [...new Set(hooks.map(({ command }) => command))]
  const [command] = commands
  if (command === undefined || commands.length > 1) throw new Error(`expected one capture command: ${commands.join()}`)
  const inputs = hooks.map(({ payload }) => payload)
  const shell = (script: string): Job => ({
    file: "/bin/sh",
    args: ["-c", script],
    inputs,
    cwd: repository,
    env: environment(folder)
  })
  const [ours = [], floor = []] = launch(bench, { runs: 400, jobs: [shell(command), shell(":")] })
  const delivered = readdirSync(join(home, "spool", "new")).length
  if (delivered !== ours.length + 3) throw new Error(`${delivered} payloads are in the spool, not ${ours.length + 3}`)
  return time("capture hook", "ms (p95)", quantile(ours, 0.95), quantile(floor, 0.95), 5)
}

/** The payloads of the recorded session. */
const payloads = (): ReadonlyArray<string> => {
  const folder = packageFile("demo", "claude", "session")
  return readdirSync(folder)
    .filter((name) => /^\d+\..*json$/.test(name))
    .sort()
    .map((name) => `${readFileSync(join(folder, name), "utf8").trim()}\n`)
}

export const versionStart = (bench: Bench): Result =>
  start(bench, "nexus --version", ["--version"], bench.folder(), 1.6)

/** `home`: whose log is looked at. */
export const statusStart = (bench: Bench, name: string, home: string): Result =>
  start(bench, name, ["--home", home, "status", "--json"], bench.folder(), 4)

const start = (bench: Bench, name: string, args: ReadonlyArray<string>, cwd: string, target: number): Result => {
  // In a folder of its own lies the compile cache as well, filled by the runs that are not counted.
  const node = (...all: ReadonlyArray<string>): Job => ({
    file: process.execPath,
    args: all,
    inputs: [],
    cwd,
    env: environment(cwd)
  })
  const [ours = [], floor = []] = launch(bench, { runs: 41, jobs: [node(bench.program, ...args), node("-e", "0")] })
  return time(name, "ms", median(ours), median(floor), target)
}

/** Runs the jobs in turns; the milliseconds of each one's runs. */
export const launch = (bench: Bench, task: Task): ReadonlyArray<ReadonlyArray<number>> => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bench.bundle("launcher")], {
    input: JSON.stringify(task),
    encoding: "utf8",
    maxBuffer: 1 << 26
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as ReadonlyArray<ReadonlyArray<number>>
}

/** Of a user whose home is `folder`. */
export const environment = (folder: string): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  HOME: folder,
  XDG_CACHE_HOME: join(folder, "cache")
})

/** Makes a log with so many events. Answers the milliseconds of its appends. */
export const fill = (
  bench: Bench,
  home: string,
  events: number,
  progress?: (done: number) => void
): Promise<number> => {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  return Effect.gen(function* () {
    const log = yield* EventLog
    yield* storeContents(bench.workload)
    const source = deliveries(bench.workload, `fill-${bench.next()}`)
    let took = 0
    for (let count = 0; count < events; count += 1000) {
      const commits = batch(source, 1000)
      const started = performance.now()
      yield* log.append(commits)
      took += performance.now() - started
      if ((count + 1000) % 100_000 === 0) progress?.(count + 1000)
    }
    return took
  }).pipe(Effect.provide(Live.log(Home.at(home))), Effect.runPromise)
}

const run = ([file = "", ...args]: ReadonlyArray<string>, cwd: string): void => {
  const { status, stderr } = spawnSync(file, args, { cwd, encoding: "utf8" })
  if (status !== 0) throw new Error(`${file} ${args.join(" ")}: ${stderr}`)
}
