/**
 * git for the store: waits for its end, runs nothing of the repository's or the user's (no hook, file system monitor, filter or
 * fetching), and reads repositories that belong to somebody else, as a container's private one may.
 */
import { spawnSync } from "node:child_process"
import { TreeStoreFailed } from "../../app/ports/TreeStore.ts"
import { environment, questioning } from "../git/Settings.ts"

const settings: ReadonlyArray<string> = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.quotePath=false",
  "core.untrackedCache=false",
  "safe.directory=*",
  "gc.auto=0",
  "pack.threads=1"
].flatMap((setting) => ["-c", setting])

export interface Run {
  readonly input?: string | Buffer
  /** Exit codes that are answers. Default: 0. */
  readonly codes?: ReadonlyArray<number>
  readonly env?: Readonly<Record<string, string>>
}

/** Its output. Thrown: TreeStoreFailed. */
export const runGit = (folder: string | Buffer, args: ReadonlyArray<string>, options: Run = {}): Buffer => {
  const { status, stdout, stderr, error } = spawnSync("git", [...settings, ...args], {
    cwd: folder.toString(),
    env: { ...environment(), ...questioning, ...options.env },
    input: options.input ?? "",
    maxBuffer: 4 * 1024 * 1024 * 1024,
    windowsHide: true
  })
  if (error === undefined && status !== null && (options.codes ?? [0]).includes(status)) return stdout
  throw new TreeStoreFailed({
    operation: `git ${args.find((arg) => !arg.startsWith("-")) ?? ""}`,
    path: folder.toString(),
    detail: error?.message ?? (stderr.toString("utf8").trim() || `it ended with ${status ?? "a signal"}`),
    advice: "See to it that git works there"
  })
}
