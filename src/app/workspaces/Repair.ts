/** What the log says of workspaces compared with what there is, and put right: finished, undone, healed, or at least named. */
import * as Effect from "effect/Effect"
import { driftOf, type Drift, type Seen } from "../../domain/workspace/Drift.ts"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import type { Workspace } from "../../domain/workspace/Workspace.ts"
import { EventLog } from "../../events/EventLog.ts"
import type { Listed } from "../../projections/WorkspaceRows.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import { Nexus } from "../Nexus.ts"
import { type Backend, Backends } from "../ports/Backend.ts"
import type { TreeFailure } from "../ports/TreeStore.ts"
import { Worktrees } from "../ports/Worktrees.ts"
import { isCompleted } from "./Checkpoints.ts"
import { idleCompanions } from "./Companions.ts"
import { backendNamed } from "./Find.ts"
import { isHeldStill, letGo } from "./Held.ts"
import { afterRestart } from "./hooks/AroundLife.ts"
import { removeAside, removeLeftovers } from "./Leftovers.ts"
import { makeAgain } from "./MakeAgain.ts"
import { isHeld, operate, record, type Fact, type StepFailure, type StepNeeds } from "./Operate.ts"
import { folderOf, siteOf } from "./Order.ts"
import { undoRestore } from "./RestoreCheckpoint.ts"
import { type Say, startWithPorts } from "./StartWithPorts.ts"
import { takeAway } from "./TakeAway.ts"

export interface Found extends Drift {
  readonly workspace: string
  /** What was done about it; undefined when nothing was. */
  readonly healed: string | undefined
}

/**
 * Looks, and puts nothing right; commits that were made inside come to the host's branch, so that it can be said whether both went on.
 * A workspace whose backend can't be asked is looked at as far as that goes.
 */
export const look = ({ workspace }: Listed) =>
  Effect.gen(function* () {
    const backend = yield* backendNamed(workspace.spec.backend)
    return driftOf(workspace, yield* see(workspace, backend), isAtWork(workspace))
  })

/** Puts a workspace right, and records what was found. What was interrupted comes first; what there is then is looked at anew. */
export const repair = (
  workspace: WorkspaceId,
  say: Say
): Effect.Effect<ReadonlyArray<Found>, StepFailure | TreeFailure, Repairing> =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const listed = Rows.byId(database, workspace)
    if (listed === undefined) return []
    const backend = yield* backendNamed(listed.workspace.spec.backend)
    const drifts = driftOf(listed.workspace, yield* see(listed.workspace, backend), isAtWork(listed.workspace))
    const [first] = drifts
    if (first?.kind !== "step-interrupted") {
      const found = yield* Effect.forEach(drifts, (drift) => putRight(listed, backend, drift, say))
      const after = Rows.byId(database, workspace)?.workspace
      if (after !== undefined && !isAtWork(after)) yield* Effect.ignore(backend.tidy(workspace))
      return found
    }
    return [yield* putRight(listed, backend, first, say), ...(yield* repair(workspace, say))]
  })

type Repairing = Backends | StepNeeds

const putRight = (listed: Listed, backend: Backend, drift: Drift, say: Say) =>
  Effect.gen(function* () {
    const { id, name } = listed.workspace
    if (drift.kind === "step-interrupted") removeAside(folderOf((yield* Nexus).home.workspaces, listed.workspace))
    if (drift.cure !== "none") say(`${name}: ${drift.detail}`)
    const healed = yield* cure(listed, backend, drift, say)
    const { kind, detail } = drift
    yield* record(id, () => [
      {
        type: "WorkspaceDriftFound",
        payload: { workspace: id, kind, detail, ...(healed === undefined ? {} : { healed }) }
      }
    ])
    return { ...drift, workspace: name, healed } satisfies Found
  })

/** Every workspace, and what backends have of workspaces that are deleted. */
export const repairAll = (listed: ReadonlyArray<Listed>, say: Say) =>
  Effect.gen(function* () {
    const found: Array<Found> = []
    for (const { workspace } of listed) found.push(...(yield* repair(workspace.id, say)))
    removeLeftovers((yield* Nexus).home.workspaces)
    return [...found, ...(yield* removeOrphans(say))]
  })

const isAtWork = ({ pending }: Workspace): boolean => pending !== null && isHeld(pending.holder)

const see = (workspace: Workspace, backend: Backend) =>
  Effect.gen(function* () {
    const worktrees = yield* Worktrees
    const { home } = yield* Nexus
    const site = siteOf(home.workspaces, workspace, backend)
    const state = yield* worktrees.inspect(site, workspace.commit)
    const instance = yield* Effect.either(backend.inspect(workspace.id))
    const exchanged =
      backend.isolates && state.worktree === "sound" ? yield* Effect.option(worktrees.exchange(site)) : undefined
    const idle =
      workspace.status === "running" && instance._tag === "Right" && instance.right?.state === "running"
        ? yield* idleCompanions(workspace)
        : []
    const isPaused = instance._tag === "Right" && instance.right?.state === "paused"
    return {
      held: isPaused && isHeldStill(home.workspaces, workspace.id),
      idle,
      environment: instance._tag === "Left" ? "unknown" : instance.right?.state,
      worktree: state.worktree,
      movedTo: state.movedTo,
      branch: state.branch !== null,
      on: state.on,
      diverged: exchanged?._tag === "Some" && exchanged.value.kind === "diverged"
    } satisfies Seen
  })

const cure = (listed: Listed, backend: Backend, drift: Drift, say: Say) =>
  Effect.gen(function* () {
    const { workspace } = listed
    const { id, pending } = workspace
    const accept = (fact: Fact): ReadonlyArray<Fact> => [...endOf(workspace), fact]
    switch (drift.cure) {
      case "undo-create":
        yield* takeAway(id, { undo: true, branch: true, volumes: true }, say)
        return "what was made of it is undone"
      case "finish-delete":
        yield* takeAway(id, { undo: false, branch: true, volumes: true }, say)
        return "it is deleted"
      case "abandon-checkpoint": {
        yield* letGoOn(workspace, backend)
        const dangling = listed.checkpoints.filter(({ status }) => status === "intended")
        yield* record(id, () => [
          ...endOf(workspace),
          ...dangling.map(({ id: checkpoint }): Fact => ({
            type: "CheckpointAbandoned",
            payload: { workspace: id, checkpoint, reason: "the process that took it ended in the middle of it" }
          }))
        ])
        return "the checkpoint is abandoned"
      }
      case "undo-restore": {
        yield* letGoOn(workspace, backend)
        const before = listed.checkpoints.filter(isCompleted).findLast(({ occasion }) => occasion === "before-restore")
        if (before === undefined) {
          // It was deleted since: there is nothing to go back to, and nothing to wait for.
          yield* record(id, () => endOf(workspace))
          return undefined
        }
        yield* undoRestore(workspace, before, say)
        return `it is as it was before (${before.id})`
      }
      case "accept-running":
        yield* record(id, () => accept({ type: "WorkspaceStarted", payload: { workspace: id } }))
        return "it counts as running"
      case "accept-stopped":
        yield* record(id, () => accept({ type: "WorkspaceStopped", payload: { workspace: id, why: "outside" } }))
        return "it counts as stopped"
      case "accept-paused":
        yield* record(id, () => accept({ type: "WorkspacePaused", payload: { workspace: id, why: "outside" } }))
        return "it counts as paused"
      case "resume":
        yield* letGo((yield* Nexus).home.workspaces, backend, id)
        if (workspace.status !== "running")
          yield* record(id, () => accept({ type: "WorkspaceStarted", payload: { workspace: id } }))
        return "it goes on"
      case "make-environment": {
        const wasRunning = workspace.status === "running"
        const made = yield* operate(id, {
          operation: "repair",
          steps: [
            { kind: "environment", act: (step) => Effect.asVoid(makeAgain(workspace, backend, step, say)) },
            ...(wasRunning
              ? [
                  {
                    kind: "start" as const,
                    act: (step: Parameters<typeof startWithPorts>[2]) => startWithPorts(id, backend, step, say)
                  }
                ]
              : [])
          ],
          outcome: () => [
            wasRunning
              ? { type: "WorkspaceStarted", payload: { workspace: id } }
              : { type: "WorkspaceStopped", payload: { workspace: id, why: "created" } }
          ]
        })
        if (wasRunning) yield* afterRestart(made, backend, say)
        return "it was made again"
      }
      case "start-services": {
        yield* operate(id, {
          operation: "repair",
          steps: [{ kind: "start", act: (step) => startWithPorts(id, backend, step, say) }],
          outcome: () => [{ type: "WorkspaceStarted", payload: { workspace: id } }]
        })
        return "they were started again"
      }
      case "mend-worktree": {
        const { home } = yield* Nexus
        yield* (yield* Worktrees).mend(siteOf(home.workspaces, workspace, backend), workspace.commit)
        return "the worktree is back"
      }
      case "none":
        if (drift.kind !== "step-interrupted" || pending === null) return undefined
        yield* record(id, () => endOf(workspace))
        return "what it came to is seen below"
    }
  })

/** What was held for a step that did not end. */
const letGoOn = ({ id, status }: Workspace, backend: Backend) =>
  Effect.gen(function* () {
    const instance = yield* backend.inspect(id)
    if (status === "running" && instance?.state === "paused") yield* letGo((yield* Nexus).home.workspaces, backend, id)
  })

/** The end of a step that nobody does any more. */
const endOf = ({ id, pending }: Workspace): ReadonlyArray<Fact> =>
  pending === null
    ? []
    : [
        {
          type: "WorkspaceStepFailed",
          payload: { workspace: id, step: pending.step, reason: "the process that did it ended in the middle of it" }
        }
      ]

/** What a backend still has of workspaces that are deleted. Of one that this log does not know, nothing is touched. */
const removeOrphans = (say: Say) =>
  Effect.gen(function* () {
    const { all } = yield* Backends
    const { database } = yield* EventLog
    const found: Array<Found> = []
    for (const backend of all) {
      const instances = yield* Effect.option(backend.list)
      if (instances._tag === "None") continue
      for (const { workspace: id, handle } of instances.value) {
        const listed = Rows.byId(database, id)
        if (listed?.workspace.status !== "deleted") continue
        const detail = `${handle} is left of a workspace that is deleted`
        say(`${listed.workspace.name}: ${detail}`)
        yield* backend.remove(id, { volumes: true })
        yield* record(id, () => [
          {
            type: "WorkspaceDriftFound",
            payload: { workspace: id, kind: "environment-orphaned", detail, healed: "it is removed" }
          }
        ])
        found.push({
          kind: "environment-orphaned",
          detail,
          cure: "none",
          workspace: listed.workspace.name,
          healed: "it is removed"
        })
      }
    }
    return found
  })
