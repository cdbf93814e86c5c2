/** A store for objects that are only needed while something is asked: the repository keeps none of them. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { WorktreeFailure } from "../../../app/ports/Worktrees.ts"
import type { HostGit } from "./HostGit.ts"

export interface Borrowed {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

export const withBorrowed = <A>(
  git: HostGit,
  body: (borrowed: Borrowed) => Effect.Effect<A, WorktreeFailure>
): Effect.Effect<A, WorktreeFailure> =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "nexus-objects-"))),
    (folder) =>
      body({
        folder,
        env: {
          GIT_OBJECT_DIRECTORY: folder,
          GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(join(git.layout.commonDir, "objects"))
        }
      }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
