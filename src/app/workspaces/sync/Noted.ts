/** What the log is told of a workspace's syncs. */
import { rmSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { Workspace } from "../../../domain/workspace/Workspace.ts"
import type { WorkspaceSyncChanged } from "../../../domain/workspace/WorkspaceEvents.ts"
import { record } from "../Operate.ts"
import type { Pair } from "./Pairs.ts"

/** Paths that one event names. */
const mostPaths = 100

export const noteSync = ({ id }: Pick<Workspace, "id">, change: Omit<WorkspaceSyncChanged, "workspace">) =>
  record(id, () => [{ type: "WorkspaceSyncChanged", payload: { workspace: id, ...change } }])

/** Versions that are kept beside others from now on. */
export const noteConflicts = (workspace: Pick<Workspace, "id">, pair: Pair, copies: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    if (copies.length === 0) return
    if (pair.name === "git") {
      // What git would take for a ref. It is the host's version, which the next exchange of commits makes anew where it is still needed.
      for (const copy of copies) rmSync(join(pair.here, copy), { force: true })
      return
    }
    yield* noteSync(workspace, { what: "conflicted", paths: copies.slice(0, mostPaths) })
  })
