/**
 * Every event type: the current shape of its payload, how older shapes become the current one, and how large it may be.
 *
 * To add a type: its schema in `src/domain/`, a line here, a fixture line in `test/fixtures/events/`.
 * To change one: raise `version`, add the upcaster from the version before, keep the old fixture line. For ever.
 */
import type * as Schema from "effect/Schema"
import * as Files from "../domain/FileEvents.ts"
import * as Log from "../domain/LogEvents.ts"
import * as Project from "../domain/ProjectEvents.ts"
import * as Repository from "../domain/RepositoryEvents.ts"
import * as Boulder from "../domain/boulder/BoulderEvents.ts"
import * as Gates from "../domain/boulder/GateEvents.ts"
import * as Tasks from "../domain/boulder/TaskEvents.ts"
import * as Session from "../domain/SessionEvents.ts"
import * as Checkpoints from "../domain/workspace/CheckpointEvents.ts"
import * as Workspaces from "../domain/workspace/WorkspaceEvents.ts"

/** Turns the JSON of one version into that of the next. Pure: no clock, no look-up. */
export type Upcaster = (payload: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>

export interface EventType<S extends Schema.Schema.AnyNoContext = Schema.Schema.AnyNoContext> {
  readonly schema: S
  /** The version that is written; older ones are read. */
  readonly version: number
  /** The most bytes that a payload may take as JSON. Larger things go to the blobs. */
  readonly budget: number
  /** `upcasters[n]` turns version n into n + 1. */
  readonly upcasters: Readonly<Record<number, Upcaster>>
}

const first = <S extends Schema.Schema.AnyNoContext>(schema: S, budget: number): EventType<S> => ({
  schema,
  version: 1,
  budget,
  upcasters: {}
})

/** A later version of a type that only gained optional fields and values: what was written is still right. */
const widened = <S extends Schema.Schema.AnyNoContext>(schema: S, budget: number, version = 2): EventType<S> => ({
  schema,
  version,
  budget,
  upcasters: Object.fromEntries(Array.from({ length: version - 1 }, (_, index) => [index + 1, asItIs]))
})

const asItIs: Upcaster = (payload) => payload

// A path may have 4,096 bytes, and JSON may need six for one of them.
const path = 6 * 4096

export const catalogue = {
  ProjectRegistered: first(Project.ProjectRegistered, path + 2048),
  ProjectIdentified: first(Project.ProjectIdentified, 2048),
  CheckoutSeen: first(Project.CheckoutSeen, path),
  HooksInstalled: first(Project.HooksInstalled, path),
  HooksRemoved: first(Project.HooksRemoved, path),
  SessionStarted: first(Session.SessionStarted, 2 * path + 1024),
  SessionEnded: first(Session.SessionEnded, 512),
  ModelSwitched: first(Session.ModelSwitched, 1024),
  PromptSubmitted: widened(Session.PromptSubmitted, 2048),
  ToolStarted: first(Session.ToolStarted, 2048),
  ToolCompleted: widened(Session.ToolCompleted, 2048, 3),
  ToolFailed: widened(Session.ToolFailed, 4096),
  FileEdited: widened(Session.FileEdited, 2 * path + 2048, 3),
  FileObserved: widened(Files.FileObserved, 2 * path + 2048),
  CommitSeen: first(Repository.CommitSeen, 60 * 1024),
  HeadMoved: first(Repository.HeadMoved, path + 2048),
  BaselineSeen: first(Repository.BaselineSeen, 60 * 1024),
  ContentKept: widened(Repository.ContentKept, path + 2048),
  TraceImported: first(Repository.TraceImported, path + 1024),
  StopObserved: first(Session.StopObserved, 2048),
  StopFailed: first(Session.StopFailed, 2048),
  SubagentStarted: first(Session.SubagentStarted, 1024),
  SubagentStopped: first(Session.SubagentStopped, 2048),
  UsageReported: first(Session.UsageReported, 512),
  CompactionStarted: first(Session.CompactionStarted, 512),
  CompactionCompleted: first(Session.CompactionCompleted, 512),
  NotificationShown: first(Session.NotificationShown, 2048),
  AgentTaskCreated: first(Session.AgentTaskCreated, 2048),
  AgentTaskCompleted: first(Session.AgentTaskCompleted, 2048),
  HookReceived: first(Session.HookReceived, 2048),
  HookUnrecognised: first(Session.HookUnrecognised, 1024),
  CaptureDriftFound: first(Session.CaptureDriftFound, 1024),
  TaskAdded: first(Tasks.TaskAdded, 32 * 1024),
  TaskStarted: first(Tasks.TaskStarted, 512),
  TaskCompleted: first(Tasks.TaskCompleted, 512),
  TaskBlocked: first(Tasks.TaskBlocked, 16 * 1024),
  TaskCancelled: first(Tasks.TaskCancelled, 16 * 1024),
  GateRan: widened(Gates.GateRan, path + 2048),
  BoulderArmed: first(Boulder.BoulderArmed, 60 * 1024),
  BoulderDisarmed: first(Boulder.BoulderDisarmed, 512),
  BoulderPaused: first(Boulder.BoulderPaused, 16 * 1024),
  BoulderResumed: first(Boulder.BoulderResumed, 512),
  BoulderReset: first(Boulder.BoulderReset, 512),
  StopDecided: first(Boulder.StopDecided, 60 * 1024),
  ContinuationConfirmed: first(Boulder.ContinuationConfirmed, 512),
  ContinuationRelaunched: first(Boulder.ContinuationRelaunched, 512),
  ContinuationLost: first(Boulder.ContinuationLost, 512),
  IntegrityAlarmRaised: first(Boulder.IntegrityAlarmRaised, path + 4096),
  WorkspaceRequested: widened(Workspaces.WorkspaceRequested, 60 * 1024),
  WorkspaceStepRequested: first(Workspaces.WorkspaceStepRequested, 1024),
  WorkspaceStepDone: first(Workspaces.WorkspaceStepDone, 4096),
  WorkspaceStepFailed: first(Workspaces.WorkspaceStepFailed, 16 * 1024),
  WorkspaceHostKeyMade: first(Workspaces.WorkspaceHostKeyMade, 4096),
  WorkspaceStarted: first(Workspaces.WorkspaceStarted, 1024),
  WorkspaceStopped: first(Workspaces.WorkspaceStopped, 512),
  WorkspaceIdleWarned: first(Workspaces.WorkspaceIdleWarned, 512),
  WorkspaceIdleEnded: first(Workspaces.WorkspaceIdleEnded, 1024),
  WorkspacePaused: first(Workspaces.WorkspacePaused, 512),
  WorkspaceResumed: first(Workspaces.WorkspaceResumed, 512),
  WorkspaceFailed: first(Workspaces.WorkspaceFailed, 16 * 1024),
  WorkspaceDeletionRequested: first(Workspaces.WorkspaceDeletionRequested, 512),
  WorkspaceDeleted: first(Workspaces.WorkspaceDeleted, 512),
  WorkspacePortReserved: first(Workspaces.WorkspacePortReserved, 1024),
  WorkspacePortMoved: first(Workspaces.WorkspacePortMoved, 4096),
  WorkspacePortReleased: first(Workspaces.WorkspacePortReleased, 1024),
  WorkspaceCommandRan: first(Workspaces.WorkspaceCommandRan, 16 * 1024),
  WorkspaceDriftFound: first(Workspaces.WorkspaceDriftFound, path + 4096),
  WorkspaceMerged: first(Workspaces.WorkspaceMerged, 60 * 1024),
  WorkspaceSyncChanged: first(Workspaces.WorkspaceSyncChanged, 60 * 1024),
  WorkspacePromoted: first(Workspaces.WorkspacePromoted, 2048),
  CheckpointIntended: first(Checkpoints.CheckpointIntended, 8 * 1024),
  CheckpointCompleted: first(Checkpoints.CheckpointCompleted, 60 * 1024),
  CheckpointAbandoned: first(Checkpoints.CheckpointAbandoned, 16 * 1024),
  CheckpointDeleted: first(Checkpoints.CheckpointDeleted, 512),
  CheckpointRestored: first(Checkpoints.CheckpointRestored, 60 * 1024),
  LogRestored: first(Log.LogRestored, 2 * path + 512)
} satisfies Record<string, EventType>

export type EventTypeName = keyof typeof catalogue

/** An event as the domain decides it: a type and its payload, not yet recorded. */
export type DomainEvent = {
  [Name in EventTypeName]: {
    readonly type: Name
    readonly payload: Schema.Schema.Type<(typeof catalogue)[Name]["schema"]>
  }
}[EventTypeName]

export const typeNames = Object.keys(catalogue)

/** Undefined for a type of another version of Nexus. */
export const eventType = (name: string): EventType | undefined =>
  Object.hasOwn(catalogue, name) ? catalogue[name as EventTypeName] : undefined
