/**
 * A workspace made again what it was at a checkpoint: first how it is now is kept, so that this can be undone; then every hash is
 * checked; only then is anything touched. What was put back is compared with what was asked for. If a step fails, the workspace is
 * put back to how it was before.
 */
import { mkdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { CheckpointId } from "../../domain/workspace/Ids.ts"
import { isLight } from "../../domain/workspace/Checkpoint.ts"
import { refusal, type Workspace, WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import type { CheckpointCompleted } from "../../domain/workspace/CheckpointEvents.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import { Nexus } from "../Nexus.ts"
import type { Backend } from "../ports/Backend.ts"
import { TreeStore } from "../ports/TreeStore.ts"
import { Worktrees } from "../ports/Worktrees.ts"
import { type Completed, findCheckpoint, hashOfPart, isCompleted, selection } from "./Checkpoints.ts"
import { backendNamed } from "./Find.ts"
import { whileHeld } from "./Held.ts"
import { operate, type Step } from "./Operate.ts"
import { afterRestart } from "./hooks/AroundLife.ts"
import { folderOf, orderFor, siteOf } from "./Order.ts"
import { type Say, startWithPorts } from "./StartWithPorts.ts"
import { bringTogether, meanwhileApart } from "./sync/Bring.ts"
import { takeCheckpoint } from "./TakeCheckpoint.ts"

export interface Restored {
  readonly checkpoint: CheckpointId
  /** How it was before. */
  readonly undo: CheckpointId
  /** What came out differently; none: it is verified. */
  readonly differences: ReadonlyArray<string>
}

export const restoreCheckpoint = (name: string, wanted: string, say: Say) =>
  Effect.gen(function* () {
    const trees = yield* TreeStore
    const log = yield* EventLog
    const { listed, checkpoint } = yield* findCheckpoint(name, wanted)
    const { workspace } = listed
    if (workspace.status === "deleted")
      return yield* new WorkspaceRefused({
        reason: `${workspace.name} is deleted.`,
        hint: `Make a new one of it: nexus workspace checkpoint fork ${workspace.name} ${checkpoint.id} NEW`
      })
    const refused = refusal(workspace, "restore")
    if (refused !== undefined) return yield* refused
    say("Checking the checkpoint")
    yield* Effect.forEach(hashesIn(checkpoint.held), (hash) => trees.check(hash), { discard: true })
    say("Keeping how it is now")
    const over = hashOfPart(checkpoint.held.files)
    const undo = yield* takeCheckpoint(workspace.id, {
      occasion: "before-restore",
      ignored: checkpoint.ignored,
      ...(over === undefined ? {} : { over })
    })
    const now = Rows.byId(log.database, workspace.id)?.checkpoints.find(({ id }) => id === undo)
    if (now === undefined || !isCompleted(now)) return yield* Effect.dieMessage(`${undo} was just completed`)
    say("Restoring")
    const differences = yield* putBack(workspace, checkpoint, now, say)
    return { checkpoint: checkpoint.id, undo, differences } satisfies Restored
  })

const hashesIn = ({ files, git, environment, volumes }: CheckpointCompleted): ReadonlyArray<string> =>
  [files, git, environment, ...volumes.map(({ part }) => part)].flatMap((part) => hashOfPart(part) ?? [])

/** From `now`, which holds how it is, to `then`; and back, if that fails. Answers what came out differently. */
const putBack = (workspace: Workspace, then: Completed, now: Completed, say: Say) =>
  Effect.gen(function* () {
    const differences: Array<string> = []
    const steps = yield* stepsTo(workspace, then, now, differences, say)
    const restored = yield* operate(workspace.id, {
      operation: "restore",
      steps,
      outcome: () => [
        {
          type: "CheckpointRestored",
          payload: {
            workspace: workspace.id,
            checkpoint: then.id,
            undo: now.id,
            differences: differences.slice(0, 200)
          }
        }
      ]
    }).pipe(Effect.onError(() => Effect.ignore(undoRestore(workspace, now, say))))
    if (restored.status === "running" && steps.some(({ kind }) => kind === "restore-environment"))
      yield* afterRestart(restored, yield* backendNamed(workspace.spec.backend), say)
    return differences
  })

/** Puts a workspace back to how it was before a restore that did not come to its end. */
export const undoRestore = (workspace: Workspace, before: Completed, say: Say) =>
  Effect.gen(function* () {
    const differences: Array<string> = []
    yield* operate(workspace.id, {
      operation: "restore",
      steps: yield* stepsTo(workspace, before, undefined, differences, say),
      outcome: () => [
        {
          type: "CheckpointRestored",
          payload: { workspace: workspace.id, checkpoint: before.id, undo: before.id, differences }
        }
      ],
      failed: (reason) => [
        {
          type: "WorkspaceFailed",
          payload: {
            workspace: workspace.id,
            reason: `a restore stopped midway: ${reason}`,
            advice: `How it was before is in ${before.id}: nexus workspace repair ${workspace.name}, then nexus workspace checkpoint restore ${workspace.name} ${before.id}`
          }
        }
      ]
    })
    return differences
  })

/** `now`: a checkpoint of how it is; without one, what is there may be anything. */
const stepsTo = (
  workspace: Workspace,
  then: Completed,
  now: Completed | undefined,
  differences: Array<string>,
  say: Say
) =>
  Effect.gen(function* () {
    const backend = yield* backendNamed(workspace.spec.backend)
    const trees = yield* TreeStore
    const worktrees = yield* Worktrees
    const { home } = yield* Nexus
    const site = siteOf(home.workspaces, workspace, backend)
    const files = hashOfPart(then.held.files)
    const git = hashOfPart(then.held.git)
    const restoreFiles: Step = {
      kind: "restore-files",
      act: () =>
        meanwhileApart(
          workspace,
          whileHeld(
            backend,
            workspace.id,
            Effect.gen(function* () {
              if (files !== undefined) {
                const kept = now === undefined ? undefined : hashOfPart(now.held.files)
                const undo =
                  kept ?? (yield* trees.keepFiles(workspace.folder, { ...selection(then.ignored), over: files })).hash
                differences.push(...(yield* trees.restoreFiles(files, workspace.folder, undo)).map(({ path }) => path))
              }
              if (git !== undefined) {
                const gitDirectory = yield* worktrees.gitDirectoryOf(site)
                const found = yield* trees.restoreGit(git, gitDirectory)
                differences.push(...found.map(({ path }) => `.git/${path}`))
                yield* worktrees.exchange(site)
              }
            })
          )
        ).pipe(
          Effect.zipLeft(
            Effect.flatMap(backend.inspect(workspace.id), (instance) =>
              instance?.state === "running" ? bringTogether(workspace, backend) : Effect.void
            )
          ),
          Effect.map(([pausedMs]) => (pausedMs === 0 ? undefined : `held for ${pausedMs} ms`))
        )
    }
    const isOther =
      backend.isolates &&
      !isLight(then) &&
      (now === undefined ||
        hashOfPart(then.held.environment) !== hashOfPart(now.held.environment) ||
        then.held.volumes.some(({ name, part }) => hashOfPart(part) !== volumeOf(now, name)))
    const steps: readonly [Step, ...ReadonlyArray<Step>] = isOther
      ? [restoreFiles, environmentStep(workspace, backend, trees, then, say)]
      : [restoreFiles]
    return steps
  })

/** The environment is made anew from its image and what then differed from it; volumes get their files back. */
const environmentStep = (
  workspace: Workspace,
  backend: Backend,
  trees: TreeStore["Type"],
  { held }: Completed,
  say: Say
): Step => ({
  kind: "restore-environment",
  act: (step) =>
    Effect.gen(function* () {
      const { home } = yield* Nexus
      const aside = join(folderOf(home.workspaces, workspace), "restoring")
      yield* Effect.gen(function* () {
        mkdirSync(aside, { recursive: true, mode: 0o700 })
        const hash = hashOfPart(held.environment)
        const file = join(aside, "environment")
        if (hash !== undefined) yield* trees.archive(hash, file)
        const delta =
          hash === undefined || held.base === undefined
            ? undefined
            : { file, hash, bytes: statSync(file).size, image: held.base }
        const wasRunning = (yield* backend.inspect(workspace.id))?.state !== "stopped"
        yield* backend.remove(workspace.id, { volumes: false })
        yield* backend.create(yield* orderFor(workspace, backend, step, delta), say)
        const archives: Array<{ volume: string; file: string }> = []
        for (const [index, { name, part }] of held.volumes.entries()) {
          const content = hashOfPart(part)
          if (content === undefined) continue
          const archive = join(aside, `volume-${index}`)
          yield* trees.archive(content, archive)
          archives.push({ volume: name, file: archive })
        }
        yield* backend.restoreVolumes(workspace.id, archives)
        if (wasRunning) yield* startWithPorts(workspace.id, backend, step, say)
      }).pipe(Effect.ensuring(Effect.sync(() => rmSync(aside, { recursive: true, force: true }))))
    })
})

const volumeOf = ({ held }: Completed, name: string): string | undefined => {
  const volume = held.volumes.find((one) => one.name === name)
  return volume === undefined ? undefined : hashOfPart(volume.part)
}
