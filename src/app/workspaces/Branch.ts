/** What a workspace's branch has that others have not: shown, merged, given a name of its own. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { legal, type Workspace, WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import { Nexus } from "../Nexus.ts"
import type { Backend } from "../ports/Backend.ts"
import { type MergeOutcome, type Site, Worktrees } from "../ports/Worktrees.ts"
import { backendNamed, find } from "./Find.ts"
import { record } from "./Operate.ts"
import { siteOf } from "./Order.ts"
import { takeCheckpoint } from "./TakeCheckpoint.ts"
import { type Say, silent } from "./StartWithPorts.ts"
import { bringIfPossible, mustBeTogether } from "./sync/Bring.ts"

/** Nothing was changed: the same places were changed on both sides. */
export class MergeConflicts extends Schema.TaggedError<MergeConflicts>()("MergeConflicts", {
  workspace: Schema.String,
  branch: Schema.String,
  into: Schema.String,
  conflicts: Schema.Array(Schema.Struct({ path: Schema.String, kind: Schema.String }))
}) {
  override get message() {
    const shown = this.conflicts.slice(0, 10).map(({ path, kind }) => `${path} (${kind})`)
    const more = this.conflicts.length - shown.length
    return `${this.branch} conflicts with ${this.into} in ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}. Nothing was changed.`
  }
  get hint() {
    return `Bring ${this.into} in there first: nexus workspace exec ${this.workspace} -- git merge ${this.into}`
  }
}

const placeOf = (name: string) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    const { home } = yield* Nexus
    const backend = yield* backendNamed(workspace.spec.backend)
    return { workspace, backend, site: siteOf(home.workspaces, workspace, backend) }
  })

/** Since its branch left its base, as `git diff` prints it, with what is not committed. */
export const diff = (name: string, options: { readonly stat: boolean }, say: Say) =>
  Effect.gen(function* () {
    const { workspace, site, backend } = yield* placeOf(name)
    if (workspace.status === "running") yield* bringIfPossible(workspace, backend, say)
    const text = yield* (yield* Worktrees).diff(site, workspace.commit, options)
    return { workspace, text }
  })

export interface Merging {
  readonly dryRun: boolean
  readonly message: string | undefined
}

/**
 * Merges what was committed in a workspace into the branch that the main worktree is on; how the workspace was is kept first. Fails
 * with MergeConflicts, and then nothing was changed. `uncommitted`: how many files are not committed, and so not merged.
 */
export const merge = (name: string, { dryRun, message }: Merging, say: Say) =>
  Effect.gen(function* () {
    const { workspace, site, backend } = yield* placeOf(name)
    const worktrees = yield* Worktrees
    yield* exchanged(workspace, site, backend)
    const into = yield* worktrees.mergesInto(site)
    const { dirty } = yield* worktrees.inspect(site, workspace.commit)
    const expected = yield* worktrees.merge(site, { dryRun: true })
    if (expected.kind === "conflicts") {
      const { conflicts } = expected
      if (!dryRun) yield* recordMerge(workspace, into, expected)
      return yield* new MergeConflicts({ workspace: workspace.name, branch: workspace.branch, into, conflicts })
    }
    const { id, branch } = workspace
    const told = { workspace, branch, into, uncommitted: dirty }
    if (dryRun) return { ...told, kind: expected.kind, commit: null, checkpoint: null }
    if (expected.kind === "up-to-date") {
      yield* recordMerge(workspace, into, expected)
      return { ...told, kind: expected.kind, commit: null, checkpoint: null }
    }
    const canKeep = legal[workspace.status].includes("checkpoint")
    if (canKeep) say("Keeping how it is")
    const checkpoint = canKeep ? yield* takeCheckpoint(id, { occasion: "before-merge", ignored: false }) : null
    const outcome = yield* worktrees.merge(site, { dryRun: false, ...(message === undefined ? {} : { message }) })
    yield* recordMerge(workspace, into, outcome)
    if (outcome.kind === "conflicts")
      return yield* new MergeConflicts({ workspace: workspace.name, branch, into, conflicts: outcome.conflicts })
    return { ...told, kind: outcome.kind, commit: outcome.kind === "up-to-date" ? null : outcome.commit, checkpoint }
  })

/** Gives its branch a name outside of `nexus/`: it is the user's then, and stays when the workspace is deleted. */
export const promote = (name: string, branch: string) =>
  Effect.gen(function* () {
    const { workspace, site, backend } = yield* placeOf(name)
    if (workspace.branch === branch) return workspace
    yield* exchanged(workspace, site, backend)
    yield* (yield* Worktrees).promote(site, branch)
    if (workspace.status === "running") yield* bringIfPossible(workspace, backend, silent)
    return yield* record(workspace.id, () => [
      { type: "WorkspacePromoted", payload: { workspace: workspace.id, branch } }
    ])
  })

/** What was committed inside is on the host's branch then. */
const exchanged = (workspace: Workspace, site: Site, backend: Backend) =>
  Effect.gen(function* () {
    const { name, status } = workspace
    if (status === "requested" || status === "creating" || status === "deleting")
      return yield* new WorkspaceRefused({
        reason: `${name} is ${status}.`,
        hint: `Put it right: nexus workspace repair ${name}`
      })
    yield* mustBeTogether(workspace, backend)
    const { kind } = yield* (yield* Worktrees).exchange(site)
    if (status === "running" && kind !== "same") yield* bringIfPossible(workspace, backend, silent)
    if (kind === "diverged")
      return yield* new WorkspaceRefused({
        reason: `Commits were made on ${site.branch} both inside of ${name} and outside.`,
        hint: `Bring them together inside: nexus workspace exec ${name} -- git merge refs/nexus/host`
      })
  })

const recordMerge = ({ id }: Workspace, into: string, outcome: MergeOutcome) =>
  record(id, () => [
    {
      type: "WorkspaceMerged",
      payload: {
        workspace: id,
        into,
        outcome: outcome.kind,
        ...(outcome.kind === "fast-forward" || outcome.kind === "merged" ? { commit: outcome.commit } : {}),
        ...(outcome.kind === "conflicts" ? { conflicts: outcome.conflicts.map(({ path }) => path) } : {})
      }
    }
  ])
