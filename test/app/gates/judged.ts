/** A repository in a folder of its own, and what the built-in gates say of it. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { uncommittedNow } from "../../../src/app/gates/RunCheck.ts"
import * as RunGate from "../../../src/app/gates/RunGate.ts"
import { git, repository, world } from "../world.ts"

export const workplace = () => {
  const at = world()
  const project = repository(join(at.root, "project"), "chore: begin")
  const put = (path: string, content: string | Buffer) => {
    mkdirSync(dirname(join(project, path)), { recursive: true })
    writeFileSync(join(project, path), content)
  }
  const own = (...args: ReadonlyArray<string>) => git(project, ...args)
  const judge = async (name: string, since: Parameters<typeof RunGate.statesSince>[0] = {}) => {
    const { verdict, isKnown, output } = await at.run(
      Effect.gen(function* () {
        const judged = yield* RunGate.judge(yield* RunGate.find(name), { again: false, ...since })
        const { output } = yield* RunGate.show(judged.verdict.position)
        return { verdict: judged.verdict.verdict, isKnown: judged.isKnown, output: output ?? "" }
      }),
      project
    )
    const lines = output.trimEnd().split("\n")
    return { verdict, isKnown, lines: lines.slice(0, -1), sum: lines.at(-1) }
  }
  return {
    ...at,
    project,
    put,
    git: own,
    /** Writes a file and commits it; the commit. */
    commit: (
      message: string,
      files: Readonly<Record<string, string | Buffer>> = {},
      ...args: ReadonlyArray<string>
    ) => {
      for (const [path, content] of Object.entries(files)) put(path, content)
      own("add", "--all")
      own("commit", "--quiet", "--allow-empty", "--message", message, ...args)
      return own("rev-parse", "HEAD")
    },
    head: () => own("rev-parse", "HEAD"),
    configure: (gates: object) => put(".nexus/config.jsonc", JSON.stringify({ gates })),
    judge,
    uncommitted: () => at.run(uncommittedNow(project), project)
  }
}

export type Workplace = ReturnType<typeof workplace>
