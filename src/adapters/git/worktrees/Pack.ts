/** Objects for a workspace that can't read the host's: in packs of its own. */
import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { WorktreeFailure } from "../../../app/ports/Worktrees.ts"
import { attempt, type HostGit } from "./HostGit.ts"

export interface Pack {
  /** `pack-HASH` */
  readonly name: string
  /** How each file's name ends, and where it is; the pack itself first, by whose index git finds it. */
  readonly files: ReadonlyArray<readonly ["pack" | "idx", string]>
}

/**
 * Packs commits with all that they need, but for what `known` commits have: in a folder of ours beside the private git directory, whose
 * content is replaced.
 */
export const packAside = (
  git: HostGit,
  gitDirectory: string,
  commits: ReadonlyArray<string>,
  known: ReadonlyArray<string> = []
): Effect.Effect<Pack, WorktreeFailure> =>
  Effect.gen(function* () {
    const folder = packsOf(gitDirectory)
    yield* attempt(git.site, "pack", () => {
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder, { recursive: true, mode: 0o700 })
    })
    const input = [...commits, ...known.map((commit) => `^${commit}`)].map((one) => `${one}\n`).join("")
    // A partial clone has not all: what it lacks, the workspace lacks too.
    yield* git.main.run(
      ["pack-objects", "--quiet", "--revs", "--include-tag", "--missing=allow-any", join(folder, "pack")],
      { input }
    )
    return yield* attempt(git.site, "pack", () => {
      const name = readdirSync(folder)
        .find((file) => file.endsWith(".pack"))
        ?.slice(0, -".pack".length)
      if (name === undefined) throw new Error("git made no pack")
      return { name, files: (["pack", "idx"] as const).map((end) => [end, join(folder, `${name}.${end}`)] as const) }
    })
  })

export const packsOf = (gitDirectory: string): string => `${gitDirectory}.packs`
