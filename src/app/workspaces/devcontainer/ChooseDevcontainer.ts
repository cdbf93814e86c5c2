/**
 * Which devcontainer.json a new workspace is made by: none, unless somebody asks for it, since its commands and its image are run.
 * It is read as the commit has it that the workspace begins with, as everything else that is in its worktree.
 */
import { existsSync, statfsSync } from "node:fs"
import { availableParallelism, totalmem } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { WorkspaceRefused } from "../../../domain/workspace/Workspace.ts"
import { NotFound } from "../../Find.ts"
import { nearest } from "../../nearest.ts"
import type { Backend } from "../../ports/Backend.ts"
import { Worktrees } from "../../ports/Worktrees.ts"
import { checkoutHere } from "../../ProjectOf.ts"
import type { SpecLayer } from "../spec/SpecLayers.ts"
import { devcontainerIn } from "./Devcontainer.ts"
import { lacks } from "./Needs.ts"
import type { Given } from "./Reading.ts"

export interface Asked extends Omit<Given, "file"> {
  /** `auto`: the one that there is. `none`: nothing is said of it. A path: relative to the top of the repository. */
  readonly which: string | undefined
  readonly base: string
}

/** What devcontainer.json is called, in the order in which it is looked for. */
const inFolder = /^\.devcontainer\/[^/]+\/devcontainer\.json$/
const usual = [/^\.devcontainer\/devcontainer\.json$/, /^\.devcontainer\.json$/, inFolder]
const isUsual = (path: string) => usual.some((pattern) => pattern.test(path))

/** Undefined for none. `tell` is told what a person should know. */
export const chooseDevcontainer = ({ which, base, ...given }: Asked, backend: Backend, tell: (words: string) => void) =>
  Effect.gen(function* () {
    if (which === "none" || (which === undefined && !backend.isolates)) return undefined
    if (!backend.isolates)
      return yield* new WorkspaceRefused({
        reason: `The backend ${backend.name} has no containers: a devcontainer.json describes one.`,
        hint: "Take one that has: --backend docker. Or leave --devcontainer out."
      })
    const worktrees = yield* Worktrees
    const repository = yield* worktrees.repositoryOf((yield* checkoutHere).path)
    const all = worktrees
      .committed(repository, base, [".devcontainer", ".devcontainer.json"], isUsual)
      .pipe(Effect.map((files) => usual.flatMap((pattern) => files.filter(({ path }) => pattern.test(path)))))
    if (which === undefined) {
      // What is wrong with the repository is said better when the workspace is made.
      const [first] = yield* Effect.orElseSucceed(all, () => [])
      if (first !== undefined)
        tell(
          `There is a ${first.path}, which is not used. To use it: --devcontainer auto; to hear no more of it: --devcontainer none`
        )
      return undefined
    }
    if (which === "auto") {
      const found = yield* all
      const [first, second] = found
      if (first === undefined) return yield* missing(repository, ".devcontainer/devcontainer.json", base)
      if (second !== undefined && inFolder.test(first.path)) return yield* several(found.map(({ path }) => path))
      return yield* layerOf(repository, first, given, tell)
    }
    const path = which.replaceAll(/^\.\/|\/$/g, "")
    // A folder is as good as the file in it.
    const [file] = yield* worktrees.committed(
      repository,
      base,
      [path],
      (one) => one === path || one === `${path}/devcontainer.json`
    )
    return file === undefined ? yield* missing(repository, path, base) : yield* layerOf(repository, file, given, tell)
  })

const layerOf = (
  repository: string,
  { path, text }: { readonly path: string; readonly text: string },
  given: Omit<Given, "file">,
  tell: (words: string) => void
): Effect.Effect<SpecLayer, WorkspaceRefused | Effect.Effect.Error<ReturnType<typeof devcontainerIn>>> =>
  Effect.gen(function* () {
    const { layer, notes, needs } = yield* devcontainerIn(text, { ...given, file: path })
    const { bavail, bsize } = statfsSync(repository)
    const has = { cpus: availableParallelism(), memoryBytes: totalmem(), storageBytes: bavail * bsize }
    for (const note of [...notes, ...lacks(needs, has)]) tell(`${path}: ${note}`)
    return layer
  })

const missing = (repository: string, path: string, base: string) => {
  const known = [".devcontainer/devcontainer.json", ".devcontainer.json"]
  const guess = nearest(path, known)
  return existsSync(join(repository, path))
    ? new WorkspaceRefused({
        reason: `${path} is not in the commit that the workspace would begin with (${base}).`,
        hint: "A worktree has what is committed: commit it first."
      })
    : new NotFound({
        what: "devcontainer.json",
        name: path,
        hint:
          guess === undefined || guess === path
            ? "It is looked for in the commit that the workspace begins with."
            : `Did you mean ${guess}?`
      })
}

const several = (paths: ReadonlyArray<string>) =>
  new WorkspaceRefused({
    reason: `There are several: ${paths.join(", ")}.`,
    hint: `Name one: --devcontainer ${paths[0]}`
  })
