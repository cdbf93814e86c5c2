/** A repository to look at, in a folder of its own, and its history through the adapter. */
import { mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { layer } from "../../../src/adapters/git/GitHistory.ts"
import { History } from "../../../src/app/ports/History.ts"
import { git } from "../../app/world.ts"
import { scratch } from "../../support/log.ts"

export const history = Effect.runSync(History.pipe(Effect.provide(layer)))

export const run = <A, E>(asked: Effect.Effect<A, E>): Promise<A> => Effect.runPromise(asked)

export const stage = (...init: ReadonlyArray<string>) => {
  const folder = scratch()
  const root = realpathSync(folder.path)
  const top = join(root, "project")
  mkdirSync(top)
  git(top, "init", "--quiet", "--initial-branch=main", ...init)
  const write = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(top, path)), { recursive: true })
    writeFileSync(join(top, path), content)
  }
  return {
    root,
    top,
    write,
    git: (...args: ReadonlyArray<string>) => git(top, ...args),
    /** Commits files (null: none such) and gives the commit's id. */
    commit: (files: Readonly<Record<string, string | Buffer | null>>, message = "work"): string => {
      for (const [path, content] of Object.entries(files)) {
        if (content === null) rmSync(join(top, path))
        else write(path, content)
      }
      git(top, "add", "--all")
      git(top, "commit", "--quiet", "--allow-empty", "--message", message)
      return git(top, "rev-parse", "HEAD")
    },
    [Symbol.dispose]: folder[Symbol.dispose]
  }
}
