/** `nexus trace blame` of a long file with a long history, half of it an agent's. */
import { cpSync } from "node:fs"
import { join } from "node:path"
import type { BlamedFile } from "../../src/domain/attribution/Attribution.ts"
import type { Bench } from "../Bench.ts"
import type { Job } from "../launcher.ts"
import { launch } from "../processes.ts"
import { median, type Result, time } from "../Result.ts"
import { answer, confirm, install, jobIn, nexus } from "./Asked.ts"
import { type Edit, record } from "./Record.ts"
import { type Commit, type Repository, repositoryIn } from "./Repository.ts"
import { changed, numbers, spot, textOf, writer } from "./Text.ts"

const path = "src/main.ts"
const hour = 3_600_000
const model = "claude-opus-4-5"

export const blame = async (bench: Bench): Promise<ReadonlyArray<Result>> => {
  const repository = await made(bench)
  install(bench, repository)
  const pristine = join(repository.user, "pristine")
  cpSync(repository.home, pristine, { recursive: true })
  const ask = nexus(bench, repository, "trace", "blame", path, "--json")
  const compare = (name: string, target: number, runs: number, before?: string): Result => {
    const jobs: ReadonlyArray<Job> = [
      jobIn(repository, ask, before),
      jobIn(repository, ["git", "blame", "--line-porcelain", path]),
      jobIn(repository, [process.execPath, bench.program, "--version"])
    ]
    const [ours = [], git = [], start = []] = launch(bench, { runs: bench.quick ? 5 : runs, jobs })
    return time(name, "ms", median(ours), median(git) + median(start), target)
  }
  const results = [
    compare("trace blame, warm", 1.5, 41),
    compare("trace blame, cold", 4, 15, `rm -rf ../home && cp -R ../pristine ../home`)
  ]
  // Where one changed a line of the other's, columns are told apart.
  const right = confirm(answer(repository, ask) as BlamedFile, (text, { type, model_id }) =>
    text.includes("const claude")
      ? model_id === `anthropic/${model}` && (type === "ai" || type === "mixed")
      : type === "human" || type === "mixed"
  )
  bench.note(`${right} lines have their owner`)
  return results
}

/** A person and an agent take turns: each adds some lines, and changes some that are there. */
const made = async (bench: Bench): Promise<Repository> => {
  const [commits, lines] = bench.quick ? [60, 400] : [300, 2000]
  const repository = repositoryIn(bench.folder())
  const random = numbers(1)
  const [ada, claude] = [writer("ada"), writer("claude")]
  const start = Date.now() - (commits + 2) * hour
  let content = ada(20)
  const history: Array<Commit> = [{ time: start, files: new Map([[path, textOf(content)]]) }]
  const edits: Array<Edit> = []
  for (let number = 1; number < commits; number++) {
    const before = content
    const isAgent = number % 2 === 0
    const add = Math.round((lines - content.length) / (commits - number))
    content = changed(content, spot(content, random, 2), (isAgent ? claude : ada)(add + 2))
    const at = start + number * hour
    const [was, is] = [textOf(before), textOf(content)]
    if (isAgent) edits.push({ path, before: was, after: is, session: `s${number >> 4}`, model, time: at - 60_000 })
    history.push({ time: at, files: new Map([[path, is]]) })
  }
  repository.add(history)
  await record(repository, start - hour, edits)
  return repository
}
