/** Which compose files are meant: those that are named, or the usual ones of this checkout. */
import { existsSync } from "node:fs"
import { isAbsolute, join, normalize } from "node:path"
import * as Effect from "effect/Effect"
import type { Spec } from "../../../domain/workspace/Spec.ts"
import { WorkspaceRefused } from "../../../domain/workspace/Workspace.ts"
import { checkoutHere } from "../../ProjectOf.ts"

/** The order in which the Compose tool looks for them (Compose Specification, "Compose file"). */
const usual = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"]

const overrides = usual.map((name) => name.replace(".", ".override."))

/**
 * Undefined when none is given. `auto`: the usual file of the main checkout, and its override, as they are in the new worktree then.
 * Others are relative to its top. Fails with WorkspaceRefused.
 */
export const composeFiles = (given: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const files: Array<string> = []
    for (const one of given) {
      if (one === "auto") files.push(...(yield* usualFiles))
      else if (one === "" || isAbsolute(one) || normalize(one).startsWith(".."))
        return yield* new WorkspaceRefused({
          reason: `${JSON.stringify(one)} is no path in the worktree.`,
          hint: "Compose files are relative to the top of the repository: --compose deploy/compose.yaml"
        })
      else files.push(normalize(one))
    }
    const [first, ...rest] = new Set(files)
    return first === undefined ? undefined : ([first, ...rest] satisfies Spec["compose"])
  })

const usualFiles = Effect.gen(function* () {
  const { path } = yield* checkoutHere
  const isThere = (name: string) => existsSync(join(path, name))
  const found = usual.find(isThere)
  if (found === undefined)
    return yield* new WorkspaceRefused({
      reason: `There is none of ${usual.join(", ")} in ${path}.`,
      hint: "Name it: --compose deploy/compose.yaml"
    })
  const override = overrides.find(isThere)
  return override === undefined ? [found] : [found, override]
})
