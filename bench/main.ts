/** The benchmark: every row of the table in bench/README.md, or those that are named. */
import { join } from "node:path"
import { parseArgs } from "node:util"
import { appendBatch, appendOne } from "./append.ts"
import { blame } from "./attribution/blame.ts"
import { commit } from "./attribution/commit.ts"
import * as Many from "./attribution/many.ts"
import { rebase } from "./attribution/rebase.ts"
import * as Stored from "./attribution/stored.ts"
import * as Bench from "./Bench.ts"
import * as Enforcer from "./enforcer.ts"
import * as Large from "./large.ts"
import { captureHook, statusStart, versionStart } from "./processes.ts"
import { type Result, table } from "./Result.ts"
import * as Trees from "./trees.ts"
import * as Workspaces from "./workspaces.ts"
import { concurrentWriters } from "./writers.ts"

const usage = `usage: node scripts/bench.mjs [--json] [--quick] [NAME…]

  NAME     only rows whose name contains this, in any case: "append", "rebuild"
  --quick  100,000 events where it would be 1,000,000, and less of what attribution is asked about
  --json   {"results":[…]} on stdout, nothing else
`

interface Measurement {
  readonly names: ReadonlyArray<string>
  readonly run: () => Result | ReadonlyArray<Result> | Promise<Result | ReadonlyArray<Result>>
}

export const main = async (args: ReadonlyArray<string>): Promise<void> => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: "boolean" }, quick: { type: "boolean" }, help: { type: "boolean" } }
  })
  if (values.help === true) return void process.stdout.write(usage)
  const note = (text: string) => void process.stderr.write(`  ${text}\n`)
  Bench.buildProgram()
  await using bench = await Bench.make(values.quick === true, note)

  const wanted = (name: string) =>
    positionals.length === 0 || positionals.some((part) => name.toLowerCase().includes(part.toLowerCase()))
  const chosen = measurements(bench).filter(({ names }) => names.some(wanted))
  if (chosen.length === 0) {
    const known = measurements(bench).flatMap(({ names }) => names)
    process.stderr.write(`No row is named so. There are:\n  ${known.join("\n  ")}\n`)
    process.exitCode = 2
    return
  }
  const results: Array<Result> = []
  for (const { names, run } of chosen) {
    process.stderr.write(`${names.join(", ")} …\n`)
    results.push(...[await run()].flat().filter(({ name }) => wanted(name)))
  }
  process.stdout.write(values.json === true ? `${JSON.stringify({ results })}\n` : `\n${table(results)}\n`)
}

const measurements = (bench: Bench.Bench): ReadonlyArray<Measurement> => {
  const large = Large.make(bench)
  const names = Large.names(bench.large)
  const many = Many.make(bench)
  const empty = "nexus status --json, empty log"
  return [
    { names: ["append 1 event"], run: () => appendOne(bench) },
    { names: ["append 1,000 in a batch"], run: () => appendBatch(bench) },
    { names: ["capture hook"], run: () => captureHook(bench) },
    { names: [Enforcer.names.stop], run: () => Enforcer.stopVerdict(bench) },
    { names: [Enforcer.names.decide], run: Enforcer.decision },
    { names: ["nexus --version"], run: () => versionStart(bench) },
    { names: [empty], run: () => statusStart(bench, empty, join(bench.folder(), "home")) },
    { names: ["8 processes appending 2,000 each", "peak WAL of the 8 processes"], run: () => concurrentWriters(bench) },
    { names: [names.load], run: large.load },
    { names: [names.status], run: large.status },
    { names: [names.verify], run: large.verify },
    { names: [names.rebuild, names.peak], run: large.rebuild },
    { names: ["git commit with Nexus installed"], run: () => commit(bench) },
    { names: ["trace blame, warm", "trace blame, cold"], run: () => blame(bench) },
    { names: [many.names.query, many.names.growth], run: many.query },
    { names: ["trace blame after a rebase"], run: () => rebase(bench) },
    { names: [many.names.rebuild], run: many.rebuild },
    { names: [Stored.names.whole, Stored.names.alone], run: () => Stored.stored(bench) },
    { names: [Trees.names.keep, Trees.names.restore], run: () => Trees.trees(bench) },
    { names: [Workspaces.names.list], run: () => Workspaces.list(bench) },
    { names: [Workspaces.names.allocate], run: Workspaces.allocation },
    { names: [Workspaces.names.create, Workspaces.names.fork], run: () => Workspaces.creation(bench) },
    { names: [Workspaces.names.execute], run: () => Workspaces.execution(bench) },
    { names: [Workspaces.names.environment], run: () => Workspaces.environmentDelta(bench) }
  ]
}
