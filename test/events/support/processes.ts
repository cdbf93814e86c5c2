/** Other processes, for what only another process can show. */
import { spawn } from "node:child_process"
import { join } from "node:path"

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a script of this folder under this Node, and gathers what it says. */
export const run = (script: string, ...parameters: ReadonlyArray<string>): Promise<Ended> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...parameters])
  const said = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text))
  return new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, ...said }))
  })
}

/** The same for many at once; fails when one of them does. */
export const runAll = async (
  script: string,
  each: ReadonlyArray<ReadonlyArray<string>>
): Promise<ReadonlyArray<Ended>> => {
  const all = await Promise.all(each.map((parameters) => run(script, ...parameters)))
  const failed = all.find(({ code }) => code !== 0)
  if (failed !== undefined) throw new Error(`${script} ended with ${failed.code}: ${failed.stderr}`)
  return all
}
