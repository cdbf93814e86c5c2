/** Processes that a test starts beside its own. None outlives the test: see `start`. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { buildSync } from "esbuild"
import type { Ran, RunOptions } from "./cli.ts"

/** A running process whose standard output is read line by line. Disposing of it kills it. */
export interface Running {
  /** The whole lines that it has printed so far, and when each was read (performance.now()). */
  readonly lines: ReadonlyArray<string>
  readonly times: ReadonlyArray<number>
  /** Waits until so many lines are there. Fails when the process ends before. */
  readonly printed: (count: number) => Promise<void>
  /** What became of it, once it has ended and all its output is read. */
  readonly ended: Promise<Ran & { readonly killed: boolean }>
  readonly child: ChildProcess
  /** SIGKILL; then waits until it is gone and everything that it had printed is read. */
  readonly kill: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const alive = new Set<ChildProcess>()

// A test that failed or ran out of time may leave one running: it goes with this process at the latest.
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL")
})

export interface StartOptions extends RunOptions {
  /** Leaves the standard input open, so that the process can notice when this one is gone. */
  readonly open?: boolean
}

export const start = (command: string, args: ReadonlyArray<string>, options: StartOptions = {}): Running => {
  const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: "pipe" })
  alive.add(child)
  const out: Array<Buffer> = []
  const err: Array<Buffer> = []
  const lines: Array<string> = []
  const times: Array<number> = []
  let rest = ""
  let early: Error | undefined
  let waiting: { readonly count: number; readonly done: () => void; readonly failed: (why: Error) => void } | undefined
  child.stdout.on("data", (chunk: Buffer) => {
    out.push(chunk)
    const parts = (rest + chunk.toString("latin1")).split("\n")
    rest = parts.pop() ?? ""
    for (const part of parts) {
      lines.push(part)
      times.push(performance.now())
    }
    if (waiting !== undefined && lines.length >= waiting.count) waiting.done()
  })
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk))
  child.stdin.on("error", () => undefined)
  if (options.open !== true) child.stdin.end(options.stdin ?? "")
  const ended = new Promise<Ran & { readonly killed: boolean }>((resolve, reject) => {
    child.once("error", (cause) => {
      alive.delete(child)
      reject(cause)
    })
    child.once("close", (code, signal) => {
      alive.delete(child)
      const stderr = Buffer.concat(err).toString("utf8")
      early = new Error(`${command} ${args.join(" ")} ended (${signal ?? code}) after "${lines.at(-1)}": ${stderr}`)
      waiting?.failed(early)
      const exit = code ?? -1
      resolve({ exit, killed: signal === "SIGKILL", stdout: Buffer.concat(out).toString("utf8"), stderr })
    })
  })
  const kill = async () => {
    child.kill("SIGKILL")
    await ended
  }
  return {
    lines,
    times,
    child,
    ended,
    kill,
    printed: (count) => {
      if (lines.length >= count) return Promise.resolve()
      if (early !== undefined) return Promise.reject(early)
      return new Promise((done, failed) => {
        waiting = { count, done, failed }
      })
    },
    [Symbol.asyncDispose]: () => kill().catch(() => undefined)
  }
}

/** Runs a process to its end. */
export const run = (command: string, args: ReadonlyArray<string>, options: RunOptions = {}): Promise<Ran> =>
  start(command, args, options).ended

/**
 * A program of test/faults/programs, on this Node. It is put into one file first, in `cache`: hundreds of them are started,
 * and each would otherwise load hundreds of modules.
 */
export const startProgram = (
  name: string,
  args: ReadonlyArray<string>,
  cache: string,
  {
    flags = [],
    env = {}
  }: { readonly flags?: ReadonlyArray<string>; readonly env?: Readonly<Record<string, string>> } = {}
): Running =>
  start(process.execPath, [...flags, bundled(name, cache), ...args], {
    open: true,
    env: { NODE_COMPILE_CACHE: join(cache, "compiled"), NODE_NO_WARNINGS: "1", ...env }
  })

const bundled = (name: string, cache: string): string => {
  const outfile = join(cache, `${name}.mjs`)
  if (existsSync(outfile)) return outfile
  const source = join(import.meta.dirname, "../faults/programs", `${name}.ts`)
  const { resolve } = createRequire(import.meta.url)
  // They look for files of their own. Of ssh2, parts are loaded by their paths.
  const apart = {
    "better-sqlite3": resolve("better-sqlite3"),
    dockerode: resolve("dockerode"),
    ssh2: dirname(resolve("ssh2/package.json"))
  }
  buildSync({
    entryPoints: [source],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    // jsonc-parser's CommonJS form cannot be bundled.
    mainFields: ["module", "main"],
    alias: apart,
    external: Object.values(apart).flatMap((path) => [path, `${path}/*`]),
    // Nexus finds its own files from where its code is.
    define: { "import.meta.url": JSON.stringify(pathToFileURL(source).href) },
    banner: { js: 'import{createRequire as required}from"node:module";const require=required("file:///");' },
    logLevel: "silent"
  })
  return outfile
}
