/**
 * Starts processes and times them, each from its start to its end. A small process of its own: starting one takes the
 * longer, the more memory the starter has. Reads a `Task` on stdin, prints the milliseconds of each job's runs.
 */
import { spawnSync, type SpawnSyncOptions } from "node:child_process"
import { readFileSync } from "node:fs"

export interface Job {
  readonly file: string
  readonly args: ReadonlyArray<string>
  /** For stdin: the i-th run takes the i-th, around and around. */
  readonly inputs: ReadonlyArray<string>
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** A shell script that makes ready for each run, in the same folder and environment; its time is not counted. */
  readonly before?: string
}

export interface Task {
  readonly runs: number
  readonly jobs: ReadonlyArray<Job>
}

const task = JSON.parse(readFileSync(0, "utf8")) as Task
const jobs = task.jobs.map((job) => ({
  ...job,
  inputs: job.inputs.map((text) => Buffer.from(text)),
  times: [] as Array<number>
}))

const succeeded = (file: string, args: ReadonlyArray<string>, options: SpawnSyncOptions): void => {
  const { status, stderr } = spawnSync(file, args, options)
  if (status !== 0 || stderr.length > 0)
    throw new Error(`${file} ${args.join(" ")}: exit code ${String(status)}: ${String(stderr)}`)
}

const start = (job: (typeof jobs)[number], run: number): number => {
  const input = job.inputs[run % job.inputs.length]
  const place = { cwd: job.cwd, env: job.env, maxBuffer: 1 << 26 }
  if (job.before !== undefined) succeeded("/bin/sh", ["-c", job.before], place)
  const options = { ...place, ...(input === undefined ? {} : { input }) }
  const started = performance.now()
  succeeded(job.file, job.args, options)
  return performance.now() - started
}

// The first runs fill caches. Then the jobs take turns, and who goes first changes.
for (let run = 0; run < 3; run++) for (const job of jobs) start(job, run)
for (let run = 0; run < task.runs; run++) {
  for (const job of run % 2 === 0 ? jobs : jobs.toReversed()) job.times.push(start(job, run))
}
process.stdout.write(JSON.stringify(jobs.map(({ times }) => times)))
