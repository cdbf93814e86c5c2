/**
 * Starting git, for what runs nothing of the repository's: no hook, no file system monitor, no pager, no fetching of what a
 * partial clone lacks. Objects are what their ids say, whatever `refs/replace/` holds, and paths are paths, not patterns.
 */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import * as Effect from "effect/Effect"
import { GitFailed, GitMissing } from "../../app/ports/Repositories.ts"
import { environment, plainly, questioning, settings } from "./Settings.ts"

export interface RunOptions {
  readonly input?: string | Buffer
  /** Exit codes that are answers. Default: 0. */
  readonly codes?: ReadonlyArray<number>
  /** In place of the folder that is asked about, and beside the environment. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Takes the output as it comes; it is not kept then. */
  readonly sink?: (chunk: Buffer) => void
  /** For what writes into the user's own files: line ends and attributes are as the user has configured them. */
  readonly conversions?: "the user's"
}

export interface Answer {
  readonly code: number
  readonly output: Buffer
}

type Failure = GitFailed | GitMissing

/** git with its output as bytes. */
export const run = (
  folder: string,
  args: ReadonlyArray<string>,
  options: RunOptions = {}
): Effect.Effect<Answer, Failure> =>
  Effect.async<Answer, Failure>((resume) => {
    const operation = args.find((arg) => !arg.startsWith("-")) ?? "git"
    const fail = (detail: string) => resume(Effect.fail(new GitFailed({ path: folder, operation, detail })))
    const child = spawn("git", [...settings, ...(options.conversions === undefined ? plainly : []), ...args], {
      cwd: options.cwd ?? folder,
      env: { ...environment(), ...questioning, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true
    })
    const chunks: Array<Buffer> = []
    let complaint = ""
    child.stdout.on("data", options.sink ?? ((chunk: Buffer) => chunks.push(chunk)))
    child.stderr.on("data", (chunk: Buffer) => {
      if (complaint.length < 4096) complaint += chunk.toString("utf8")
    })
    child.on("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code !== "ENOENT") return fail(cause.message)
      return existsSync(folder) ? resume(Effect.fail(new GitMissing())) : fail("there is no such folder")
    })
    child.on("close", (code) => {
      if (code !== null && (options.codes ?? [0]).includes(code))
        return resume(Effect.succeed({ code, output: Buffer.concat(chunks) }))
      return fail(complaint.trim() || `it ended with ${code === null ? "a signal" : `code ${code}`}`)
    })
    // It may have ended before it read everything; its exit code tells.
    child.stdin.on("error", () => undefined)
    child.stdin.end(options.input ?? "")
    // It is gone when we go on: what it made may be taken back then.
    return Effect.async<void>((done) => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return done(Effect.void)
      child.once("close", () => done(Effect.void))
      child.kill()
    })
  })

/** git with its output as text. */
export const text = (
  folder: string,
  args: ReadonlyArray<string>,
  options?: RunOptions
): Effect.Effect<string, Failure> => Effect.map(run(folder, args, options), ({ output }) => output.toString("utf8"))

/** A single question, or a talk with another repository, through simple-git. */
export const ask = (
  folder: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<string, Failure> =>
  Effect.tryPromise({
    try: async () => {
      // Loaded when needed: it takes longer than most of our questions.
      const { simpleGit } = await import("simple-git")
      const options = {
        baseDir: folder,
        timeout: { block: 30_000 },
        unsafe: { allowUnsafeHooksPath: true },
        allowEnvironment: Object.keys(env)
      }
      return await simpleGit(options)
        .env({ ...environment(), ...env })
        .raw(["-c", "core.hooksPath=/dev/null", ...args])
    },
    catch: (cause) => {
      const detail = cause instanceof Error ? cause.message.trim() : String(cause)
      return detail.includes("spawn git ENOENT")
        ? new GitMissing()
        : new GitFailed({ path: folder, operation: args[0] ?? "git", detail })
    }
  })
