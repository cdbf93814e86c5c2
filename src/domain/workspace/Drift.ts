/** How a workspace differs from what the log has of it, and what is to be done about it. Pure: it is decided from what was seen. */
import type { DriftKind } from "./WorkspaceEvents.ts"
import type { Workspace } from "./Workspace.ts"

/** What there is outside of the log. */
export interface Seen {
  /** Undefined: nothing. "unknown": its backend can't be asked. */
  readonly environment: "created" | "running" | "paused" | "stopped" | "unknown" | undefined
  /** It was made to stand still for something of ours, and was not let go. */
  readonly held?: boolean
  /** Services beside it that ought to run with it, and don't. */
  readonly idle?: ReadonlyArray<string>
  readonly worktree: "sound" | "missing" | "pruned" | "moved" | "foreign"
  readonly movedTo: string | undefined
  /** Whether its branch is there, and what HEAD of its worktree is on. */
  readonly branch: boolean
  readonly on: string | null
  readonly diverged: boolean
}

/** What puts it right; "none": a person has to. */
export type Cure =
  | "undo-create"
  | "finish-delete"
  | "abandon-checkpoint"
  | "undo-restore"
  | "accept-running"
  | "accept-stopped"
  | "accept-paused"
  | "resume"
  | "make-environment"
  | "start-services"
  | "mend-worktree"
  | "none"

export interface Drift {
  readonly kind: DriftKind
  readonly detail: string
  readonly cure: Cure
}

/** In the order in which it is to be put right. `held`: the process that does the pending step still runs. */
export const driftOf = (workspace: Workspace, seen: Seen, held: boolean): ReadonlyArray<Drift> => {
  const { status, pending, name } = workspace
  if (status === "deleted" || (pending !== null && held)) return []
  const interrupted = interruptedOf(workspace)
  // What was not made whole, or is to be gone, need not be as it should.
  if (interrupted?.cure === "undo-create" || interrupted?.cure === "finish-delete") return [interrupted]
  const found: Array<Drift> = interrupted === undefined ? [] : [interrupted]
  if (seen.worktree === "missing")
    found.push({
      kind: "worktree-gone",
      detail: `${workspace.folder} is gone; what was not committed is lost, unless a checkpoint holds it`,
      cure: "mend-worktree"
    })
  if (seen.worktree === "pruned")
    found.push({ kind: "worktree-forgotten", detail: "git has forgotten the worktree", cure: "mend-worktree" })
  if (seen.worktree === "moved")
    found.push({ kind: "worktree-moved", detail: `the worktree was moved to ${seen.movedTo}`, cure: "mend-worktree" })
  if (seen.worktree === "foreign")
    found.push({
      kind: "worktree-foreign",
      detail: `${workspace.folder} is something else now. Move it away, then: nexus workspace repair ${name}`,
      cure: "none"
    })
  if (!seen.branch && seen.worktree !== "foreign")
    found.push({ kind: "branch-gone", detail: `the branch ${workspace.branch} is gone`, cure: "mend-worktree" })
  else if (seen.worktree === "sound" && seen.on !== null && seen.on !== workspace.branch)
    found.push({
      kind: "branch-foreign",
      detail: `the worktree is on ${seen.on}. To go back: git -C ${workspace.folder} switch ${workspace.branch}`,
      cure: "none"
    })
  if (seen.diverged)
    found.push({
      kind: "branch-diverged",
      detail: `commits were made inside and outside. Inside, merge refs/nexus/host`,
      cure: "none"
    })
  return [...found, ...environmentDrift(workspace, seen)]
}

const interruptedOf = ({ status, pending, deletion, name }: Workspace): Drift | undefined => {
  const detail = (operation: string) => `${operation} of ${name} was interrupted`
  if (status === "deleting" || deletion !== null)
    return { kind: "step-interrupted", detail: detail("the deletion"), cure: "finish-delete" }
  if (status === "requested" || status === "creating")
    return { kind: "step-interrupted", detail: detail("the creation"), cure: "undo-create" }
  if (pending === null) return undefined
  switch (pending.operation) {
    case "checkpoint":
      return { kind: "step-interrupted", detail: detail("a checkpoint"), cure: "abandon-checkpoint" }
    case "restore":
      return { kind: "step-interrupted", detail: detail("a restore"), cure: "undo-restore" }
    default:
      // Where it got to is seen in what there is.
      return { kind: "step-interrupted", detail: detail(`the ${pending.operation}`), cure: "none" }
  }
}

const environmentDrift = (
  { status, name }: Workspace,
  { environment, held = false, idle = [] }: Seen
): ReadonlyArray<Drift> => {
  if (environment === "unknown") return []
  if (environment === undefined)
    return [
      {
        kind: "environment-gone",
        detail: `what ${name} ran in is gone; what was changed in it outside of its files and volumes is lost, unless a checkpoint holds it`,
        cure: "make-environment"
      }
    ]
  const should = status === "failed" ? undefined : status
  if (environment === "running" && should !== "running")
    return [{ kind: "started-outside", detail: `${name} runs, and was ${status}`, cure: "accept-running" }]
  if (environment === "paused" && held && (status === "running" || status === "failed"))
    return [{ kind: "paused-outside", detail: `${name} was held for a moment, and not let go`, cure: "resume" }]
  if (environment === "paused" && should !== "paused")
    return [{ kind: "paused-outside", detail: `${name} is paused, and was ${status}`, cure: "accept-paused" }]
  // One that never ran, and ought to have, was not made whole; it holds nothing yet.
  if (environment === "created" && should !== "stopped")
    return [
      { kind: "environment-gone", detail: `what ${name} is to run in was not made whole`, cure: "make-environment" }
    ]
  if (environment === "stopped" && should !== "stopped")
    return [{ kind: "stopped-outside", detail: `${name} does not run, and was ${status}`, cure: "accept-stopped" }]
  if (environment === "running" && idle.length > 0)
    return [
      {
        kind: "service-stopped",
        detail: `${idle.join(", ")} beside ${name} ${idle.length === 1 ? "does" : "do"} not run`,
        cure: "start-services"
      }
    ]
  return []
}
