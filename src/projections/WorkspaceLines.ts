/** What happened to a workspace, each fact in one line. */
import type { CheckpointFact } from "../domain/workspace/Checkpoint.ts"
import type { Part } from "../domain/workspace/CheckpointEvents.ts"
import type { WorkspaceFact } from "../domain/workspace/Workspace.ts"

export const workspaceSentence = (fact: CheckpointFact | WorkspaceFact): string => {
  switch (fact.type) {
    case "WorkspaceRequested": {
      const { name, base, commit, spec, from } = fact.payload
      const origin = from === undefined ? `${base} (${commit.slice(0, 12)})` : `a fork of ${from.checkpoint}`
      return `workspace ${name} requested on ${spec.backend}, from ${origin}`
    }
    case "WorkspaceStepRequested":
      return `${fact.payload.operation}: ${words(fact.payload.kind)} …`
    case "WorkspaceStepDone":
      return `step done in ${fact.payload.durationMs} ms${fact.payload.detail === undefined ? "" : `: ${fact.payload.detail}`}`
    case "WorkspaceStepFailed":
      return `step failed: ${fact.payload.reason}`
    case "WorkspaceHostKeyMade":
      return `workspace's SSH server is known by ${fact.payload.fingerprint}`
    case "WorkspaceStarted":
      return "workspace is running"
    case "WorkspaceStopped":
      return `workspace is stopped${stopped[fact.payload.why]}`
    case "WorkspaceIdleWarned": {
      const { idleMs, stopsAt } = fact.payload
      return `nobody used the workspace for ${Math.round(idleMs / 60_000)} min: it is stopped at ${new Date(stopsAt).toISOString()} if that stays so`
    }
    case "WorkspaceIdleEnded":
      return `workspace is used again: ${fact.payload.why}`
    case "WorkspacePaused":
      return `workspace is paused${fact.payload.why === "outside" ? ", by something else than Nexus" : ""}`
    case "WorkspaceResumed":
      return "workspace goes on"
    case "WorkspaceFailed":
      return `workspace failed: ${fact.payload.reason}`
    case "WorkspaceDeletionRequested":
      return fact.payload.undo ? "what was made of the workspace is undone" : "workspace is to be deleted"
    case "WorkspaceDeleted":
      return `workspace deleted${fact.payload.commit === null ? "" : ` (its branch was at ${fact.payload.commit.slice(0, 12)})`}`
    case "WorkspacePortReserved":
      return `port ${fact.payload.host}:${fact.payload.hostPort} is for ${fact.payload.service} (${fact.payload.port}/${fact.payload.protocol}${fact.payload.companion === undefined ? "" : ` of ${fact.payload.companion} beside it`})`
    case "WorkspacePortMoved":
      return `port of ${fact.payload.service} moved from ${fact.payload.from} to ${fact.payload.to}: ${fact.payload.reason}`
    case "WorkspacePortReleased":
      return `port of ${fact.payload.service} released`
    case "WorkspaceCommandRan": {
      const { via, command, exit, timedOut, durationMs, hook } = fact.payload
      const end = timedOut ? "timed out" : exit === null ? "goes on" : `exit ${exit}`
      return `${hook === undefined ? via : `hook ${hook.name}`} in the workspace: ${command} — ${end} (${durationMs} ms)`
    }
    case "WorkspaceDriftFound":
      return `drift (${fact.payload.kind}): ${fact.payload.detail}${fact.payload.healed === undefined ? "" : ` — ${fact.payload.healed}`}`
    case "WorkspaceMerged": {
      const { into, outcome, commit, conflicts = [] } = fact.payload
      if (outcome === "conflicts") return `merge into ${into} would conflict in ${conflicts.join(", ")}`
      return `merged into ${into}: ${outcome}${commit === undefined ? "" : ` (${commit.slice(0, 12)})`}`
    }
    case "WorkspaceSyncChanged": {
      const { what, detail, paths = [] } = fact.payload
      return `files: ${synced[what]}${detail === undefined ? "" : `: ${detail}`}${paths.length === 0 ? "" : `: ${paths.join(", ")}`}`
    }
    case "WorkspacePromoted":
      return `branch is ${fact.payload.branch} now`
    case "CheckpointIntended":
      return `checkpoint ${fact.payload.checkpoint}${named(fact.payload.name)} begun (${fact.payload.occasion})`
    case "CheckpointCompleted": {
      const { checkpoint, files, git, environment, volumes } = fact.payload
      const parts = [
        `files ${held(files)}`,
        `git ${held(git)}`,
        `environment ${held(environment)}`,
        ...volumes.map(({ name, part }) => `volume ${name} ${held(part)}`)
      ]
      return `checkpoint ${checkpoint} completed: ${parts.join(", ")}`
    }
    case "CheckpointAbandoned":
      return `checkpoint ${fact.payload.checkpoint} abandoned: ${fact.payload.reason}`
    case "CheckpointDeleted":
      return `checkpoint ${fact.payload.checkpoint} deleted (${fact.payload.why})`
    case "CheckpointRestored": {
      const { checkpoint, undo, differences } = fact.payload
      return `checkpoint ${checkpoint} restored, ${differences.length === 0 ? "verified" : `with ${differences.length} differences`}; how it was before: ${undo}`
    }
  }
}

const words = (kind: string): string => kind.replaceAll("-", " ")

const synced = {
  paused: "sync paused",
  resumed: "sync goes on",
  adopted: "sync begins anew with these folders",
  forced: "much is deleted on both sides, as it was asked for",
  halted: "sync stands still",
  conflicted: "changed on both sides, so kept side by side"
} as const

const stopped = {
  asked: "",
  idle: ": nobody used it",
  outside: ", by something else than Nexus",
  created: ""
} as const

const named = (name: string | undefined): string => (name === undefined ? "" : ` ${JSON.stringify(name)}`)

const held = (part: Part): string => (part.held === "unchanged" ? `unchanged since ${part.since}` : part.held)
