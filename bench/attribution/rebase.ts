/** `nexus trace blame` after history was rewritten: nobody told Nexus, and every line keeps its owner. */
import { cpSync } from "node:fs"
import { join } from "node:path"
import type { BlamedFile } from "../../src/domain/attribution/Attribution.ts"
import type { Bench } from "../Bench.ts"
import { launch } from "../processes.ts"
import { median, type Result, time } from "../Result.ts"
import { answer, confirm, install, jobIn, nexus } from "./Asked.ts"
import { type Edit, record } from "./Record.ts"
import { type Commit, repositoryIn } from "./Repository.ts"
import { changed, numbers, spot, textOf, writer } from "./Text.ts"

const minute = 60_000
const model = "claude-opus-4-5"
const files = Array.from({ length: 10 }, (_, index) => `f${index + 1}.ts`)
/** Lines at the beginning of each file that are a person's, and where the moved base changes it. */
const persons = 20
/** Lines of each file in the end. */
const lines = 200

export const rebase = async (bench: Bench): Promise<Result> => {
  const commits = bench.quick ? 10 : 50
  const repository = repositoryIn(bench.folder())
  const random = numbers(2)
  const [ada, claude] = [writer("ada"), writer("claude")]
  const start = Date.now() - (commits + 60) * minute
  const contents = new Map(files.map((file) => [file, ada(persons)]))
  const texts = () => new Map([...contents].map(([file, content]) => [file, textOf(content)]))
  repository.add([{ time: start, files: texts() }])
  const history: Array<Commit> = []
  const moved = [...contents].map(([file, content]) => [file, textOf([...ada(3), ...content])] as const)
  const edits: Array<Edit> = []
  for (let number = 1; number <= commits; number++) {
    const at = start + number * minute
    for (const [file, content] of contents) {
      const add = Math.round((lines - content.length) / (commits - number + 1))
      const after = changed(content, spot(content, random, 0, persons - 5), claude(add))
      const [was, is] = [textOf(content), textOf(after)]
      edits.push({ path: file, before: was, after: is, session: "s1", model, time: at - 1000 })
      contents.set(file, after)
    }
    history.push({ time: at, files: texts() })
  }
  repository.git("checkout", "--quiet", "-b", "work")
  repository.add(history)
  repository.git("checkout", "--quiet", "main")
  repository.add([{ time: start + (commits + 1) * minute, files: new Map(moved) }])
  repository.git("checkout", "--quiet", "work")
  await record(repository, start - minute, edits)
  install(bench, repository)

  // What was known before; what the rebase did is learned by the question that is timed.
  const ask = nexus(bench, repository, "trace", "blame", ...files, "--json")
  answer(repository, ask)
  cpSync(repository.home, join(repository.user, "pristine"), { recursive: true })
  repository.git("rebase", "--quiet", "main")
  const jobs = [
    jobIn(repository, ask, "rm -rf ../home && cp -R ../pristine ../home"),
    jobIn(repository, ["/bin/sh", "-c", files.map((file) => `git blame --line-porcelain ${file}`).join(" && ")])
  ]
  const [ours = [], floor = []] = launch(bench, { runs: bench.quick ? 5 : 15, jobs })
  const { items } = answer(repository, ask) as { readonly items: ReadonlyArray<BlamedFile> }
  if (items.length !== files.length) throw new Error(`${items.length} files were answered`)
  const right = items.map((blamed) =>
    confirm(blamed, (text, { type, model_id }) =>
      text.includes("const claude") ? type === "ai" && model_id === `anthropic/${model}` : type === "human"
    )
  )
  bench.note(`${right.reduce((sum, one) => sum + one, 0)} lines have their owner`)
  return time("trace blame after a rebase", "ms", median(ours), median(floor), 3)
}
