/** Files copied into a workspace and out of it, as docker cp names them: `feat-x:/path`, here `path`. */
import { isAbsolute, join, relative, resolve } from "node:path"
import * as Effect from "effect/Effect"
import type { Workspace } from "../../domain/workspace/Workspace.ts"
import { WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import type { CopyOptions } from "../ports/Sftp.ts"
import { NotFound } from "../Find.ts"
import { Nexus } from "../Nexus.ts"
import { Ssh } from "../ports/Ssh.ts"
import { running } from "./Execute.ts"
import { backendNamed } from "./Find.ts"
import { destinationOf } from "./Reach.ts"
import type { Say } from "./StartWithPorts.ts"
import { bringIfPossible } from "./sync/Bring.ts"
import { whileUsed } from "./Uses.ts"

interface Place {
  readonly workspace: string
  /** As it is given: relative to the worktree unless it begins with "/". */
  readonly path: string
}

/** Undefined for a path of this machine: one that a colon could be in begins with "/" or ".", as docker cp has it. */
const placeOf = (text: string): Place | undefined => {
  const [, workspace, path = ""] = /^([a-z][a-z0-9_-]*):(.*)$/s.exec(text) ?? []
  return workspace === undefined ? undefined : { workspace, path }
}

export const copyBetween = (source: string, target: string, options: CopyOptions, say: Say) =>
  Effect.gen(function* () {
    const [from, to] = [placeOf(source), placeOf(target)]
    const place = from ?? to
    if (place === undefined || (from !== undefined && to !== undefined))
      return yield* new WorkspaceRefused({
        reason:
          place === undefined
            ? "Neither of the two is in a workspace."
            : "Both are in workspaces; a copy goes from one to this machine or the other way.",
        hint: "Such as: nexus workspace cp feat-x:/var/log/app.log ."
      })
    const { cwd } = yield* Nexus
    const workspace = yield* running(place.workspace, say)
    const backend = yield* backendNamed(workspace.spec.backend)
    const there = withEnd(place.path, isAbsolute(place.path) ? place.path : join(workspace.folder, place.path))
    const given = from === undefined ? source : target
    const here = withEnd(given, resolve(cwd, given))
    const [begin, end] = from === undefined ? [here, there] : [there, here]
    if (isIntoItself(workspace, begin, end, backend.here !== undefined))
      return yield* new WorkspaceRefused({
        reason: `${end} is in ${begin}: a folder can't be copied into itself.`,
        hint: "Choose another place."
      })
    const copying = Effect.gen(function* () {
      if (backend.here !== undefined) return yield* backend.here.copy(begin, end, options)
      const destination = yield* destinationOf(workspace, backend)
      const connection = yield* (yield* Ssh).connect(destination)
      const files = yield* connection.sftp
      return yield* from === undefined ? files.send(begin, end, options) : files.receive(begin, end, options)
    })
    return yield* whileUsed(workspace, Effect.scoped(copying)).pipe(
      Effect.zipLeft(bringIfPossible(workspace, backend, say)),
      Effect.mapError((failure) =>
        failure._tag === "FileFailed" && failure.kind === "missing" && failure.path === begin
          ? new NotFound({ what: "file or folder", name: source, hint: "See what there is." })
          : failure
      )
    )
  })

/** What the end of a path says is said by its form: "/" a folder, "/." what is in it. */
const withEnd = (given: string, path: string): string => {
  const bare = path.replace(/\/+\.?$/, "") || "/"
  if (given === "." || given.endsWith("/.")) return bare === "/" ? "/." : `${bare}/.`
  return given.endsWith("/") && bare !== "/" ? `${bare}/` : bare
}

/** The worktree is the same folder on both sides. */
const isIntoItself = ({ folder }: Workspace, from: string, to: string, isHere: boolean): boolean =>
  isIn(from, to) && (isHere || isIn(folder, to))

/** Strictly below. */
const isIn = (folder: string, path: string): boolean => {
  const way = relative(resolve(folder), resolve(path))
  return way !== "" && way !== ".." && !way.startsWith("../")
}
