/**
 * One workspace: which state it is in, what may be done with it, and what is being done. `decide` turns an intention into facts or a
 * refusal that names what is possible; `evolve` folds facts.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { CheckpointFact } from "./Checkpoint.ts"
import type { HookRan } from "./HookRan.ts"
import type { StepId, WorkspaceId } from "./Ids.ts"
import type { Port } from "./Ports.ts"
import type { HookStage } from "./Spec.ts"
import type * as Events from "./WorkspaceEvents.ts"

export type Status = "requested" | "creating" | "running" | "stopped" | "paused" | "failed" | "deleting" | "deleted"

export type WorkspaceFact =
  | { readonly type: "WorkspaceRequested"; readonly payload: Events.WorkspaceRequested }
  | { readonly type: "WorkspaceStepRequested"; readonly payload: Events.WorkspaceStepRequested }
  | { readonly type: "WorkspaceStepDone"; readonly payload: Events.WorkspaceStepDone }
  | { readonly type: "WorkspaceStepFailed"; readonly payload: Events.WorkspaceStepFailed }
  | { readonly type: "WorkspaceHostKeyMade"; readonly payload: Events.WorkspaceHostKeyMade }
  | { readonly type: "WorkspaceStarted"; readonly payload: Events.WorkspaceStarted }
  | { readonly type: "WorkspaceStopped"; readonly payload: Events.WorkspaceStopped }
  | { readonly type: "WorkspaceIdleWarned"; readonly payload: Events.WorkspaceIdleWarned }
  | { readonly type: "WorkspaceIdleEnded"; readonly payload: Events.WorkspaceIdleEnded }
  | { readonly type: "WorkspacePaused"; readonly payload: Events.WorkspacePaused }
  | { readonly type: "WorkspaceResumed"; readonly payload: Events.WorkspaceResumed }
  | { readonly type: "WorkspaceFailed"; readonly payload: Events.WorkspaceFailed }
  | { readonly type: "WorkspaceDeletionRequested"; readonly payload: Events.WorkspaceDeletionRequested }
  | { readonly type: "WorkspaceDeleted"; readonly payload: Events.WorkspaceDeleted }
  | { readonly type: "WorkspacePortReserved"; readonly payload: Events.WorkspacePortReserved }
  | { readonly type: "WorkspacePortMoved"; readonly payload: Events.WorkspacePortMoved }
  | { readonly type: "WorkspacePortReleased"; readonly payload: Events.WorkspacePortReleased }
  | { readonly type: "WorkspaceCommandRan"; readonly payload: Events.WorkspaceCommandRan }
  | { readonly type: "WorkspaceDriftFound"; readonly payload: Events.WorkspaceDriftFound }
  | { readonly type: "WorkspaceMerged"; readonly payload: Events.WorkspaceMerged }
  | { readonly type: "WorkspaceSyncChanged"; readonly payload: Events.WorkspaceSyncChanged }
  | { readonly type: "WorkspacePromoted"; readonly payload: Events.WorkspacePromoted }

/** Whether an event is about a workspace or a checkpoint of one. */
export const isWorkspaceFact = <E extends { readonly type: string; readonly payload: unknown }>(
  event: E
): event is Extract<E, CheckpointFact | WorkspaceFact> =>
  event.payload !== null && /^(?:Workspace|Checkpoint)[A-Z]/.test(event.type)

export interface Workspace extends Omit<Events.WorkspaceRequested, "workspace"> {
  readonly id: WorkspaceId
  readonly status: Status
  /** In the order of their being reserved. */
  readonly ports: ReadonlyArray<Port & { readonly host: string }>
  /** The step that was begun and has not ended. */
  readonly pending: Events.WorkspaceStepRequested | null
  /** Why it is failed, and what helps. */
  readonly failure: Pick<Events.WorkspaceFailed, "reason" | "advice"> | null
  /** Why it was stopped last; null while it was not. */
  readonly stoppedFor: Events.WorkspaceStopped["why"] | null
  /** It is to be stopped because nobody uses it; null: it is not. */
  readonly idle: Pick<Events.WorkspaceIdleWarned, "idleMs" | "stopsAt"> | null
  /** The public key of its SSH server; null before it has one. */
  readonly hostKey: string | null
  /** How it is to be deleted, once that is asked for. */
  readonly deletion: Events.WorkspaceDeletionRequested | null
  /** How the last hook of each stage ended that was run. */
  readonly hooks: Partial<Readonly<Record<HookStage, HookRan>>>
}

/** The state is not one from which that can be done; or somebody else is at it. */
export class WorkspaceRefused extends Schema.TaggedError<WorkspaceRefused>()("WorkspaceRefused", {
  reason: Schema.String,
  hint: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

/** What may be done in each state. */
export const legal: Readonly<Record<Status, ReadonlyArray<Events.Operation>>> = {
  requested: ["create", "repair", "delete"],
  creating: ["create", "repair", "delete"],
  running: ["stop", "pause", "checkpoint", "restore", "repair", "delete"],
  stopped: ["start", "checkpoint", "restore", "repair", "delete"],
  paused: ["resume", "checkpoint", "repair", "delete"],
  failed: ["repair", "checkpoint", "delete"],
  deleting: ["delete", "repair"],
  deleted: []
}

export interface Begin {
  readonly operation: Events.Operation
  readonly kind: Events.StepKind
  readonly step: StepId
  readonly holder: Events.Holder
  /** Whether the process that does the pending step still runs. */
  readonly held: boolean
}

/** The first step of an operation: refused when the state does not allow it, or another process has not ended its own. */
export const begin = (
  workspace: Workspace,
  ask: Begin
): Either.Either<ReadonlyArray<WorkspaceFact>, WorkspaceRefused> => {
  const { id, name, pending } = workspace
  if (pending !== null && ask.held)
    return Either.left(
      new WorkspaceRefused({
        reason: `Another process (${pending.holder.pid}) is at work on ${name}: ${pending.operation}.`,
        hint: "Wait until it has ended, and try again."
      })
    )
  if (
    pending !== null &&
    ask.operation !== "repair" &&
    ask.operation !== "delete" &&
    ask.operation !== pending.operation
  )
    return Either.left(
      new WorkspaceRefused({
        reason: `${name} was left in the middle of: ${pending.operation}.`,
        hint: `Put it right: nexus workspace repair ${name}`
      })
    )
  const refused = refusal(workspace, ask.operation)
  if (refused !== undefined) return Either.left(refused)
  const { operation, kind, step, holder } = ask
  return Either.right([
    ...(pending === null || pending.step === step
      ? []
      : [stepFailed(id, pending.step, "the process that did it ended in the middle of it")]),
    { type: "WorkspaceStepRequested", payload: { workspace: id, step, kind, operation, holder } }
  ])
}

const stepFailed = (workspace: WorkspaceId, step: StepId, reason: string): WorkspaceFact => ({
  type: "WorkspaceStepFailed",
  payload: { workspace, step, reason }
})

/** Why an operation can't be done in this state, with those that can; undefined when it can. */
export const refusal = (
  { name, status, failure }: Workspace,
  operation: Events.Operation
): WorkspaceRefused | undefined => {
  if (legal[status].includes(operation)) return undefined
  const possible = legal[status]
    .filter((one) => one !== "create")
    .map((one) => `nexus workspace ${commandOf(one)} ${name}`)
  return new WorkspaceRefused({
    reason: `${name} is ${status}${failure === null ? "" : ` (${failure.reason})`}: it can't ${words[operation]}.`,
    hint: possible.length === 0 ? "Its name is free: nexus workspace create" : `Possible: ${possible.join(", ")}`
  })
}

const commandOf = (operation: Events.Operation): string =>
  operation === "checkpoint" ? "checkpoint create" : operation === "restore" ? "checkpoint restore" : operation

const words: Readonly<Record<Events.Operation, string>> = {
  create: "be created",
  start: "be started",
  stop: "be stopped",
  pause: "be paused",
  resume: "be resumed",
  checkpoint: "be checkpointed",
  restore: "be restored",
  delete: "be deleted",
  repair: "be repaired"
}

/** The workspace after one more fact; undefined before it was asked for. */
export const evolve = (state: Workspace | undefined, fact: CheckpointFact | WorkspaceFact): Workspace | undefined => {
  if (fact.type === "WorkspaceRequested") {
    const { workspace, ...rest } = fact.payload
    return {
      ...rest,
      id: workspace,
      status: "requested",
      ports: [],
      pending: null,
      failure: null,
      stoppedFor: null,
      idle: null,
      hostKey: null,
      deletion: null,
      hooks: {}
    }
  }
  if (state === undefined) return undefined
  switch (fact.type) {
    case "WorkspaceStepRequested":
      return {
        ...state,
        pending: fact.payload,
        status: fact.payload.operation === "create" ? "creating" : state.status
      }
    case "WorkspaceStepDone":
    case "WorkspaceStepFailed":
      return state.pending?.step === fact.payload.step ? { ...state, pending: null } : state
    case "WorkspaceStarted":
    case "WorkspaceResumed":
      return { ...state, status: "running", failure: null, stoppedFor: null, idle: null }
    case "WorkspaceStopped":
      return { ...state, status: "stopped", failure: null, stoppedFor: fact.payload.why, idle: null }
    case "WorkspacePaused":
      return { ...state, status: "paused", failure: null, idle: null }
    case "WorkspaceIdleWarned": {
      const { idleMs, stopsAt } = fact.payload
      return { ...state, idle: { idleMs, stopsAt } }
    }
    case "WorkspaceIdleEnded":
      return { ...state, idle: null }
    case "WorkspaceFailed":
      return { ...state, status: "failed", failure: { reason: fact.payload.reason, advice: fact.payload.advice } }
    case "WorkspaceDeletionRequested":
      return { ...state, status: "deleting", deletion: fact.payload }
    case "WorkspaceDeleted":
      return { ...state, status: "deleted", pending: null, ports: [] }
    case "WorkspaceHostKeyMade":
      return { ...state, hostKey: fact.payload.publicKey }
    case "WorkspacePortReserved": {
      const { workspace: _, ...port } = fact.payload
      return { ...state, ports: [...state.ports.filter(({ service }) => service !== port.service), port] }
    }
    case "WorkspacePortMoved":
      return {
        ...state,
        ports: state.ports.map((port) =>
          port.service === fact.payload.service ? { ...port, hostPort: fact.payload.to } : port
        )
      }
    case "WorkspacePortReleased":
      return { ...state, ports: state.ports.filter(({ service }) => service !== fact.payload.service) }
    case "WorkspaceCommandRan": {
      const { hook, exit, timedOut } = fact.payload
      if (hook === undefined) return state
      const { stage, ...which } = hook
      return { ...state, hooks: { ...state.hooks, [stage]: { ...which, exit, timedOut } } }
    }
    case "WorkspacePromoted":
      return { ...state, branch: fact.payload.branch }
    default:
      return state
  }
}
