/** A new workspace that begins as another one was at a checkpoint: with its own branch, ports and host key. */
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import type { CheckpointId, WorkspaceId } from "../../domain/workspace/Ids.ts"
import type { Spec } from "../../domain/workspace/Spec.ts"
import { Nexus } from "../Nexus.ts"
import type { EnvironmentDelta } from "../ports/Backend.ts"
import { checkoutHere } from "../ProjectOf.ts"
import { TreeStore } from "../ports/TreeStore.ts"
import { type Site, Worktrees } from "../ports/Worktrees.ts"
import { type Completed, findCheckpoint, hashOfPart, selection } from "./Checkpoints.ts"
import { create } from "./Create.ts"
import type { Say } from "./StartWithPorts.ts"

export const fork = (name: string, wanted: string, newName: string, say: Say) =>
  Effect.gen(function* () {
    const { listed, checkpoint } = yield* findCheckpoint(name, wanted)
    const { id, spec } = listed.workspace
    return yield* createFrom({ spec, ...checkpoint, of: { workspace: id, checkpoint: checkpoint.id } }, newName, say)
  })

export interface Beginning extends Pick<Completed, "held" | "ignored"> {
  readonly spec: Spec
  /** The checkpoint, where it is in this log. */
  readonly of?: { readonly workspace: WorkspaceId; readonly checkpoint: CheckpointId }
}

/** Every hash is checked before anything is made. */
export const createFrom = ({ held, ignored, spec, of }: Beginning, newName: string, say: Say) =>
  Effect.gen(function* () {
    const trees = yield* TreeStore
    const worktrees = yield* Worktrees
    const { home } = yield* Nexus
    const files = hashOfPart(held.files)
    const git = hashOfPart(held.git)
    if (files === undefined || git === undefined)
      return yield* new WorkspaceRefused({ reason: "That checkpoint holds no files.", hint: "Choose another one." })
    say("Checking the checkpoint")
    yield* trees.check(files)
    const repository = yield* worktrees.repositoryOf((yield* checkoutHere).path)
    const commit = yield* trees.bringCommits(git, join(repository, ".git"))
    if (commit === null)
      return yield* new WorkspaceRefused({
        reason: "That checkpoint was taken before the first commit.",
        hint: "A worktree needs a commit to begin with."
      })
    const aside = join(home.workspaces, `.fork-${process.pid}-${newName.replaceAll(/[^a-z0-9-]/g, "")}`)
    return yield* Effect.gen(function* () {
      mkdirSync(aside, { recursive: true, mode: 0o700 })
      const volumes: Array<{ readonly volume: string; readonly file: string }> = []
      for (const [index, { name: volume, part }] of held.volumes.entries()) {
        const hash = hashOfPart(part)
        if (hash === undefined) continue
        const file = join(aside, `volume-${index}`)
        yield* trees.archive(hash, file)
        volumes.push({ volume, file })
      }
      const environment = yield* environmentOf(aside, hashOfPart(held.environment), held.base)
      const fill = (site: Site) =>
        Effect.gen(function* () {
          const before = yield* trees.keepFiles(site.folder, { ...selection(ignored), over: files })
          const differences = yield* trees.restoreFiles(files, site.folder, before.hash)
          const index = yield* trees.file(git, "git/index")
          if (index !== undefined)
            writeFileSync(join(yield* worktrees.gitDirectoryOf(site), "index"), index, { mode: 0o600 })
          return differences.length === 0 ? "verified" : `with ${differences.length} differences`
        })
      return yield* create(
        {
          name: newName,
          base: commit,
          spec,
          begin: { environment, volumes, fill, ...(of === undefined ? {} : { of }) }
        },
        say
      )
    }).pipe(Effect.ensuring(Effect.sync(() => rmSync(aside, { recursive: true, force: true }))))
  })

const environmentOf = (aside: string, hash: string | undefined, image: string | undefined) =>
  Effect.gen(function* () {
    if (hash === undefined || image === undefined) return undefined
    const file = join(aside, "environment")
    yield* (yield* TreeStore).archive(hash, file)
    return { file, hash, bytes: statSync(file).size, image } satisfies EnvironmentDelta
  })
