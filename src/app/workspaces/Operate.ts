/**
 * Doing something to a workspace outside of the log, in steps: that a step is asked for is on disk before it begins, and how it
 * ended after it has. So whoever comes after a crash knows what may have been done.
 *
 * Each step can be done again. Of two processes only one is at work on a workspace.
 */
import { randomBytes } from "node:crypto"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import type { Actor } from "../../domain/Actor.ts"
import { StepId, type WorkspaceId, workspaceStream } from "../../domain/workspace/Ids.ts"
import type { CheckpointFact } from "../../domain/workspace/Checkpoint.ts"
import { begin, type Workspace, type WorkspaceFact, WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import type { Holder, Operation, StepKind } from "../../domain/workspace/WorkspaceEvents.ts"
import type { PreparedBlob } from "../../events/Blobs.ts"
import { bootId } from "../../events/bootId.ts"
import { EventLog, type Transaction } from "../../events/EventLog.ts"
import type { LogFailure } from "../../events/LogErrors.ts"
import { isAlive } from "../../events/isAlive.ts"
import { Nexus } from "../Nexus.ts"
import type { BackendFailure } from "../ports/Backend.ts"
import { cleanText } from "../RedactPayload.ts"
import { Secrets } from "../ports/Secrets.ts"
import type { Ssh, SshFilesUnusable } from "../ports/Ssh.ts"
import type { SyncParts } from "../ports/SyncParts.ts"
import type { TreeFailure, TreeStore } from "../ports/TreeStore.ts"
import type { WorktreeFailure, Worktrees } from "../ports/Worktrees.ts"
import { stateIn } from "./Find.ts"
import { startKeeper } from "./keep/StartKeeper.ts"
import { authorOf } from "./RanDelivery.ts"
import type { FilesApart } from "./sync/FilesApart.ts"
import { startWatcher } from "./sync/StartWatcher.ts"

export type Fact = CheckpointFact | WorkspaceFact

export type StepFailure =
  | BackendFailure
  | FilesApart
  | LogFailure
  | SshFilesUnusable
  | TreeFailure
  | WorkspaceRefused
  | WorktreeFailure

/** What any step may need. */
export type StepNeeds = EventLog | Nexus | Secrets | Ssh | SyncParts | TreeStore | Worktrees

export interface Step {
  readonly kind: StepKind
  /** Answers what there is to say of it, in a few words. */
  readonly act: (step: StepId) => Effect.Effect<string | void, StepFailure, StepNeeds>
}

export interface Plan {
  readonly operation: Operation
  readonly steps: readonly [Step, ...ReadonlyArray<Step>]
  /** What is true once all steps are done. */
  readonly outcome: (workspace: Workspace) => ReadonlyArray<Fact>
  /** What is true besides, when one of them fails for this reason. */
  readonly failed?: (reason: string) => ReadonlyArray<Fact>
  /** Facts that belong to the beginning; may be decided on what there is then, and throw WorkspaceRefused. */
  readonly first?: ReadonlyArray<Fact> | ((workspace: Workspace, transaction: Transaction) => ReadonlyArray<Fact>)
  /** Contents that the outcome refers to. */
  readonly blobs?: ReadonlyArray<PreparedBlob>
}

/**
 * Carries out a plan. Fails with WorkspaceRefused before anything is done, or as the step that fails. A step can be interrupted;
 * what is recorded of it can't.
 */
export const operate = (id: WorkspaceId, plan: Plan): Effect.Effect<Workspace, StepFailure, StepNeeds> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const { redact } = yield* Secrets
      let step = newStep()
      let began = Date.now()
      yield* record(id, (workspace, transaction) => [
        ...(typeof plan.first === "function" ? plan.first(workspace, transaction) : (plan.first ?? [])),
        ...Either.getOrThrowWith(ask(workspace, plan.operation, plan.steps[0].kind, step), (refused) => refused)
      ])
      for (const [index, current] of plan.steps.entries()) {
        const ended = yield* Effect.exit(restore(current.act(step)))
        if (Exit.isFailure(ended)) {
          const reason = cleanText(reasonOf(ended.cause), redact).text.slice(0, 2000)
          yield* record(id, () => [
            { type: "WorkspaceStepFailed", payload: { workspace: id, step, reason } },
            ...(plan.failed?.(reason) ?? [])
          ])
          return yield* Effect.failCause(ended.cause)
        }
        const done = stepDone(id, step, Date.now() - began, ended.value)
        const next = plan.steps[index + 1]
        step = newStep()
        began = Date.now()
        yield* record(id, (workspace, transaction) => {
          if (next !== undefined) return [done, stepRequested(id, step, plan.operation, next.kind)]
          for (const blob of plan.blobs ?? []) transaction.putBlob(blob)
          return [done, ...plan.outcome(workspace)]
        })
      }
      const workspace = yield* record(id, () => [])
      // Whoever has a workspace run sees to it that it is looked after.
      if (workspace.status === "running") yield* Effect.zipRight(startKeeper(workspace), startWatcher(workspace))
      return workspace
    })
  )

/** Appends what `decide` makes of the workspace as it is, and answers it as it is then. */
export const record = (
  id: WorkspaceId,
  decide: (workspace: Workspace, transaction: Transaction) => ReadonlyArray<Fact>
): Effect.Effect<Workspace, LogFailure | WorkspaceRefused, EventLog | Nexus> =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const commit = yield* byWhom
    return yield* log
      .transact((transaction) => {
        const workspace = stateIn(transaction, id)
        if (workspace === undefined) throw new Error(`${id} was never requested`)
        const events = decide(workspace, transaction)
        if (events.length === 0) return workspace
        transaction.append({ stream: workspaceStream(id), events, ...commit })
        return stateIn(transaction, id) ?? workspace
      })
      .pipe(
        Effect.catchAllDefect((defect) =>
          defect instanceof WorkspaceRefused ? Effect.fail(defect) : Effect.die(defect)
        ),
        Effect.catchTags({ VersionConflict: Effect.die, KeyReused: Effect.die, EventRefused: Effect.die })
      )
  })

/** Who does what this process does, and as part of which conversation. */
export const byWhom = Effect.map(Nexus, ({ user, caller, itself }) => {
  if (itself === true) return { actor: { kind: "system", name: "nexus" } satisfies Actor }
  return authorOf(user, caller)
})

const ask = (workspace: Workspace, operation: Operation, kind: StepKind, step: StepId) =>
  begin(workspace, {
    operation,
    kind,
    step,
    holder: self(),
    held: workspace.pending !== null && isHeld(workspace.pending.holder)
  })

/** Whether the process that began a step still runs. */
export const isHeld = ({ pid, boot }: Holder): boolean => boot === bootId() && isAlive(pid)

const self = (): Holder => ({ pid: process.pid, boot: bootId() })

const newStep = (): StepId => StepId.make(`st_${randomBytes(8).toString("hex")}`)

const stepRequested = (workspace: WorkspaceId, step: StepId, operation: Operation, kind: StepKind): WorkspaceFact => ({
  type: "WorkspaceStepRequested",
  payload: { workspace, step, kind, operation, holder: self() }
})

const stepDone = (workspace: WorkspaceId, step: StepId, durationMs: number, detail: string | void): WorkspaceFact => ({
  type: "WorkspaceStepDone",
  payload: { workspace, step, durationMs, ...(detail === undefined ? {} : { detail: detail.slice(0, 1000) }) }
})

const reasonOf = (cause: Cause.Cause<unknown>): string => {
  if (Cause.isInterruptedOnly(cause)) return "it was interrupted"
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}
