/** What a commit costs where Nexus is installed: nothing of it runs in git, and this row would show it if it did. */
import type { Bench } from "../Bench.ts"
import { launch } from "../processes.ts"
import { added, median, type Result } from "../Result.ts"
import { install, jobIn } from "./Asked.ts"
import { type Repository, repositoryIn } from "./Repository.ts"
import { textOf, writer } from "./Text.ts"

export const commit = (bench: Bench): Result => {
  const [installed, bare] = [repository(bench), repository(bench)]
  install(bench, installed)
  const job = (where: Repository) =>
    jobIn(where, ["git", "commit", "--quiet", "--message", "Work"], "echo more >>f001.ts && git add f001.ts")
  const [ours = [], floor = []] = launch(bench, { runs: bench.quick ? 15 : 61, jobs: [job(installed), job(bare)] })
  const [took, without] = [median(ours), median(floor)]
  return added("git commit with Nexus installed", "ms more", took - without, without, 5)
}

/** 100 files of 100 lines. */
const repository = (bench: Bench): Repository => {
  const made = repositoryIn(bench.folder())
  const write = writer("ada")
  const files = Array.from(
    { length: 100 },
    (_, index) => [`f${String(index).padStart(3, "0")}.ts`, textOf(write(100))] as const
  )
  made.add([{ time: Date.now(), files: new Map(files) }])
  return made
}
