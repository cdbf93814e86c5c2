/** A workspace's life between its creation and its end: started, stopped, paused, resumed. */
import * as Effect from "effect/Effect"
import type { WorkspaceId } from "../../domain/workspace/Ids.ts"
import { legal, WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import { Nexus } from "../Nexus.ts"
import { Worktrees } from "../ports/Worktrees.ts"
import { fallAsleep, wake } from "./Asleep.ts"
import { backendNamed, find } from "./Find.ts"
import { operate, record } from "./Operate.ts"
import { afterStart, before } from "./hooks/AroundLife.ts"
import { siteOf } from "./Order.ts"
import { bringIfPossible, mustBeTogether } from "./sync/Bring.ts"
import { type Say, silent, startWithPorts } from "./StartWithPorts.ts"
import { takeAway } from "./TakeAway.ts"
import { takeCheckpoint } from "./TakeCheckpoint.ts"

/** How long programs have to end by themselves, in milliseconds. */
const grace = 10_000

/** One that is so already stays so. Fails with HookFailed when it runs, but one of its hooks did not end well. */
export const start = (name: string, say: Say) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    if (workspace.status === "running") return workspace.idle === null ? workspace : yield* goOn(workspace.id)
    const backend = yield* backendNamed(workspace.spec.backend)
    yield* backend.present
    say("Starting")
    yield* wake(workspace)
    const started = yield* operate(workspace.id, {
      operation: "start",
      steps: [{ kind: "start", act: (step) => startWithPorts(workspace.id, backend, step, say) }],
      outcome: () => [{ type: "WorkspaceStarted", payload: { workspace: workspace.id } }]
    })
    yield* afterStart(started, backend, say)
    return started
  })

/** One that is to be stopped because nobody uses it is not. */
const goOn = (id: WorkspaceId) =>
  record(id, () => [{ type: "WorkspaceIdleEnded", payload: { workspace: id, why: "it was asked to go on" } }])

/** Its hooks are run first, while it runs. */
export const stop = (name: string, why: "asked" | "idle" = "asked", say: Say = silent) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    if (workspace.status === "stopped") return workspace
    const backend = yield* backendNamed(workspace.spec.backend)
    if (why === "idle") yield* fallAsleep(workspace)
    return yield* operate(workspace.id, {
      operation: "stop",
      steps: [
        {
          kind: "stop",
          act: () =>
            Effect.zipRight(
              workspace.status === "running"
                ? Effect.zipRight(before(["stop"], workspace, backend, say), bringIfPossible(workspace, backend, say))
                : Effect.void,
              Effect.asVoid(backend.stop(workspace.id, grace))
            )
        }
      ],
      outcome: () => [{ type: "WorkspaceStopped", payload: { workspace: workspace.id, why } }]
    })
  })

export const pause = (name: string) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    if (workspace.status === "paused") return workspace
    const backend = yield* backendNamed(workspace.spec.backend)
    return yield* operate(workspace.id, {
      operation: "pause",
      steps: [{ kind: "pause", act: () => Effect.asVoid(backend.pause(workspace.id)) }],
      outcome: () => [{ type: "WorkspacePaused", payload: { workspace: workspace.id, why: "asked" } }]
    })
  })

export const resume = (name: string) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    if (workspace.status === "running") return workspace
    const backend = yield* backendNamed(workspace.spec.backend)
    return yield* operate(workspace.id, {
      operation: "resume",
      steps: [{ kind: "resume", act: () => Effect.asVoid(backend.resume(workspace.id)) }],
      outcome: () => [{ type: "WorkspaceResumed", payload: { workspace: workspace.id } }]
    })
  })

/** Refuses to lose work that is nowhere else, unless it is forced to; then a checkpoint holds it, or it is refused all the same. */
export const remove = (name: string, { force }: { readonly force: boolean }, say: Say = silent) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    const { home } = yield* Nexus
    const worktrees = yield* Worktrees
    const backend = yield* backendNamed(workspace.spec.backend)
    const site = siteOf(home.workspaces, workspace, backend)
    // Also with force: what is only inside is in no checkpoint.
    yield* mustBeTogether(workspace, backend)
    // What can't be brought out counts as work that is only inside.
    if (backend.isolates) yield* Effect.option(worktrees.exchange(site))
    const seen = yield* worktrees.inspect(site, workspace.commit)
    // A branch that was promoted stays, with all that is on it.
    const isOwn = workspace.branch.startsWith("nexus/")
    const { dirty, inside } = seen
    const unmerged = isOwn ? seen.unmerged : 0
    const isApart = inside !== undefined && inside.commit !== null && inside.commit !== seen.branch
    const strays = inside?.strays ?? []
    if (strays.length > 0)
      return yield* new WorkspaceRefused({
        reason: `Inside of ${workspace.name}, commits are only on ${strays.slice(0, 5).join(", ")}, which no checkpoint holds.`,
        hint: `Merge them there into ${workspace.branch}, or delete these: nexus workspace ssh ${workspace.name}`
      })
    const losses = [
      ...(isApart ? ["commits inside that are not on its branch out here"] : []),
      ...(unmerged === 0 ? [] : [`${unmerged} commits that are in no other branch`]),
      ...(dirty === 0 ? [] : [`${dirty} files that are not committed`])
    ]
    const isLost = losses.length > 0
    if (!force && isLost)
      return yield* new WorkspaceRefused({
        reason: `${workspace.name} has ${losses.join(" and ")}.`,
        hint: `Keep them: nexus workspace merge ${workspace.name}. Or checkpoint and delete: nexus workspace delete ${workspace.name} --force`
      })
    const checkpoint =
      isLost && legal[workspace.status].includes("checkpoint")
        ? yield* takeCheckpoint(workspace.id, { occasion: "before-delete", ignored: false })
        : undefined
    const deleted = yield* takeAway(
      workspace.id,
      {
        undo: false,
        // The checkpoint holds what is inside; what is only out here stays.
        branch: isOwn && !isApart,
        volumes: true,
        ...(checkpoint === undefined ? {} : { checkpoint })
      },
      say
    )
    return { workspace: deleted, checkpoint }
  })
