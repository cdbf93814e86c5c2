/** Workspaces and facts about them, for tests of what is decided from them. */
import type { StepId, WorkspaceId, WorkspaceName } from "../../../src/domain/workspace/Ids.ts"
import type { Spec } from "../../../src/domain/workspace/Spec.ts"
import { evolve, type Status, type Workspace, type WorkspaceFact } from "../../../src/domain/workspace/Workspace.ts"
import type { Operation } from "../../../src/domain/workspace/WorkspaceEvents.ts"

export const workspace = "ws_0123456789abcdef" as WorkspaceId
export const holder = { pid: 77, boot: "b" }

export const spec: Spec = {
  backend: "process",
  image: { kind: "base" },
  limits: {},
  services: [],
  volumes: [],
  variables: {},
  network: "own",
  nested: false
}

export const stepId = (number: number) => `st_${number.toString(16).padStart(16, "0")}` as StepId

export const requested: WorkspaceFact = {
  type: "WorkspaceRequested",
  payload: {
    workspace,
    name: "feat" as WorkspaceName,
    repository: "/repo",
    folder: "/repo/.worktree/feat",
    branch: "nexus/feat",
    base: "HEAD",
    commit: "a".repeat(40),
    spec
  }
}

export const step = (operation: Operation, number = 1): WorkspaceFact => ({
  type: "WorkspaceStepRequested",
  payload: { workspace, step: stepId(number), kind: "worktree", operation, holder }
})

export const done = (number = 1): WorkspaceFact => ({
  type: "WorkspaceStepDone",
  payload: { workspace, step: stepId(number), durationMs: 1 }
})

export const started: WorkspaceFact = { type: "WorkspaceStarted", payload: { workspace } }

export const after = (...facts: ReadonlyArray<WorkspaceFact>): Workspace => {
  const state = facts.reduce<Workspace | undefined>(evolve, undefined)
  if (state === undefined) throw new Error("It was never requested")
  return state
}

const made = [requested, step("create"), done(), started]
const deletion: WorkspaceFact = {
  type: "WorkspaceDeletionRequested",
  payload: { workspace, undo: false, branch: true, volumes: true }
}

/** The shortest way to each state. */
export const ways: Readonly<Record<Status, ReadonlyArray<WorkspaceFact>>> = {
  requested: [requested],
  creating: [requested, step("create"), done()],
  running: made,
  stopped: [...made, { type: "WorkspaceStopped", payload: { workspace, why: "asked" } }],
  paused: [...made, { type: "WorkspacePaused", payload: { workspace, why: "asked" } }],
  failed: [
    ...made,
    { type: "WorkspaceFailed", payload: { workspace, reason: "the disk is full", advice: "Free some" } }
  ],
  deleting: [...made, deletion],
  deleted: [...made, deletion, { type: "WorkspaceDeleted", payload: { workspace, commit: null } }]
}

export const inState = (status: Status): Workspace => after(...ways[status])
