/** The built program, asked about a repository. */
import { execFileSync } from "node:child_process"
import type { BlamedFile } from "../../src/domain/attribution/Attribution.ts"
import type { Bench } from "../Bench.ts"
import type { Job } from "../launcher.ts"
import type { Repository } from "./Repository.ts"

/** `before`: as a job has it. */
export const jobIn = (repository: Repository, [file = "", ...args]: ReadonlyArray<string>, before?: string): Job => ({
  file,
  args,
  inputs: [],
  cwd: repository.path,
  env: repository.environment,
  ...(before === undefined ? {} : { before })
})

export const nexus = (bench: Bench, { home }: Repository, ...args: ReadonlyArray<string>): ReadonlyArray<string> => [
  process.execPath,
  bench.program,
  "--home",
  home,
  ...args
]

/** Installs Claude Code's hooks, as a user does first. */
export const install = (bench: Bench, repository: Repository): void => {
  const [file = "", ...args] = nexus(bench, repository, "init", "--yes")
  execFileSync(file, args, { cwd: repository.path, env: repository.environment, stdio: "pipe" })
}

/** What a command prints as JSON. */
export const answer = ({ path, environment }: Repository, [file = "", ...args]: ReadonlyArray<string>): unknown =>
  JSON.parse(execFileSync(file, args, { cwd: path, env: environment, encoding: "utf8", maxBuffer: 1 << 28 }))

/** Whose each line is that names its writer. Throws at the first that is attributed otherwise; answers how many were right. */
export const confirm = (
  { file, lines }: BlamedFile,
  isRight: (text: string, contributor: BlamedFile["lines"][number]["contributor"]) => boolean
): number => {
  const telling = lines.filter(({ text }) => text.includes("const "))
  const wrong = telling.find(({ text, contributor }) => !isRight(text, contributor))
  if (wrong !== undefined) throw new Error(`${file}:${wrong.line} is not ${JSON.stringify(wrong)}`)
  return telling.length
}
