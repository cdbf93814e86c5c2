/** A new workspace: asked for in the log with its name and ports, then made; what was made of one that fails is undone. */
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { CheckpointId } from "../../domain/workspace/Ids.ts"
import { WorkspaceId, type WorkspaceName, workspaceStream } from "../../domain/workspace/Ids.ts"
import { allocate, ssh } from "../../domain/workspace/Ports.ts"
import type { Service, Spec } from "../../domain/workspace/Spec.ts"
import { type Workspace, WorkspaceRefused } from "../../domain/workspace/Workspace.ts"
import { EventLog } from "../../events/EventLog.ts"
import * as Rows from "../../projections/WorkspaceRows.ts"
import { checkoutHere, projectHere } from "../ProjectOf.ts"
import type { Backend, EnvironmentDelta } from "../ports/Backend.ts"
import { type Site, Worktrees } from "../ports/Worktrees.ts"
import { Nexus } from "../Nexus.ts"
import { prepareCompanions } from "./Companions.ts"
import { backendNamed, checkName, stateIn } from "./Find.ts"
import { busyPorts } from "./FreePorts.ts"
import { byWhom, operate, record, type StepFailure, type StepNeeds } from "./Operate.ts"
import { afterStart } from "./hooks/AroundLife.ts"
import { hostKeyOf, orderFor, siteOf } from "./Order.ts"
import { exhausted, type Say, startWithPorts } from "./StartWithPorts.ts"
import { begun } from "./template/Begun.ts"
import { takeAway } from "./TakeAway.ts"

export interface Wanted {
  readonly name: string
  readonly base: string
  readonly spec: Spec
  readonly begin?: Beginning
}

/** A checkpoint that the new workspace begins with. */
export interface Beginning {
  readonly of?: { readonly workspace: WorkspaceId; readonly checkpoint: CheckpointId }
  /** Makes a new worktree what it was then. Answers what there is to say of it. */
  readonly fill: (site: Site) => Effect.Effect<string | void, StepFailure, StepNeeds>
  /** What then differed from the image. */
  readonly environment: EnvironmentDelta | undefined
  readonly volumes: ReadonlyArray<{ readonly volume: string; readonly file: string }>
}

/** Fails with HookFailed when all of it is made and runs, but one of the project's hooks did not end well. */
export const create = (wanted: Wanted, say: Say) =>
  Effect.gen(function* () {
    const name = yield* checkName(wanted.name)
    const backend = yield* backendNamed(wanted.spec.backend)
    if (wanted.spec.nested && !backend.isolates) return yield* notNested(backend)
    yield* checkApart(wanted.spec, backend)
    const workspace = yield* request(name, wanted, backend)
    if (wanted.spec.nested) say(riskOfNesting)
    const worktrees = yield* Worktrees
    const { home } = yield* Nexus
    const site = siteOf(home.workspaces, workspace, backend)
    const made = yield* operate(workspace.id, {
      operation: "create",
      steps: [
        {
          kind: "worktree",
          act: () => {
            say("Checking out the worktree")
            // Neither waits for the other: the one is git's work, the other ours.
            return Effect.all([worktrees.add(site, workspace.commit), hostKeyOf(workspace, backend)], {
              concurrency: "unbounded"
            }).pipe(
              Effect.flatMap(([leftOut]) =>
                wanted.begin === undefined ? begun(workspace, leftOut, say) : wanted.begin.fill(site)
              )
            )
          }
        },
        {
          kind: "environment",
          act: (step) => {
            say("Making the environment")
            return Effect.gen(function* () {
              const { environment, volumes = [] } = wanted.begin ?? {}
              const known = yield* record(workspace.id, () => [])
              const ready = yield* prepareCompanions(known, backend, step, say)
              const { handle } = yield* backend.create(yield* orderFor(ready, backend, step, environment), say)
              if (volumes.length > 0) yield* backend.restoreVolumes(workspace.id, volumes)
              return handle
            })
          }
        },
        {
          kind: "start",
          act: (step) => {
            say("Starting")
            return startWithPorts(workspace.id, backend, step, say)
          }
        }
      ],
      outcome: () => [{ type: "WorkspaceStarted", payload: { workspace: workspace.id } }]
    }).pipe(
      // Also when it is given up: what then follows an error is passed over, but for this.
      Effect.onError(() => Effect.ignore(takeAway(workspace.id, { undo: true, branch: true, volumes: true }, say)))
    )
    yield* afterStart(made, backend, say)
    return made
  })

const riskOfNesting =
  "With containers of its own, what runs in it has rights by which it could leave it and be root on this machine: run nothing there that you would not run here"

const notNested = ({ name }: Backend) =>
  new WorkspaceRefused({
    reason: `The backend ${name} has no containers, and so none that could have containers of its own.`,
    hint: "Take one that has: --backend docker. Or leave --dind out: programs there use this machine's engine, where they may."
  })

/** What can't be had when its files are not this machine's own. */
const checkApart = ({ sync, compose }: Spec, backend: Backend): Effect.Effect<void, WorkspaceRefused> => {
  if (sync === undefined) return Effect.void
  if (!backend.isolates)
    return new WorkspaceRefused({
      reason: `With the backend ${backend.name}, programs run in the worktree itself: there is nothing to sync.`,
      hint: "Leave --sync out."
    })
  return compose === undefined
    ? Effect.void
    : new WorkspaceRefused({
        reason:
          "Services of a compose file see folders of the worktree, which a workspace has not whose files are synced.",
        hint: "Leave out --sync or --compose; on another machine, only --compose."
      })
}

/** Puts the workspace into the log, with its name and its ports, which nobody else can have from then on. */
const request = (name: WorkspaceName, wanted: Wanted, backend: Backend) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { base, spec, begin } = wanted
    const id = WorkspaceId.make(`ws_${randomBytes(8).toString("hex")}`)
    const [{ project, repository, place, commit }] = yield* Effect.all(
      [placeFor(id, name, wanted, backend), backend.present],
      { concurrency: "unbounded" }
    )
    const by = yield* byWhom
    const busy = yield* busyPorts(servicesOf(spec))
    return yield* log
      .transact((transaction): Either.Either<Workspace, WorkspaceRefused> => {
        const other = Rows.named(transaction.database, project, name)?.workspace
        if (other !== undefined && other.status !== "deleted") return Either.left(taken(other))
        const ports = allocate(new Set([...Rows.reserved(transaction.database), ...busy]), servicesOf(spec))
        if (ports === undefined) return Either.left(exhausted)
        transaction.append({
          stream: workspaceStream(id),
          project,
          ...by,
          events: [
            {
              type: "WorkspaceRequested",
              payload: {
                workspace: id,
                name,
                repository,
                ...place,
                base,
                commit,
                spec,
                ...(begin?.of === undefined ? {} : { from: begin.of })
              }
            },
            ...ports.map((port) => ({
              type: "WorkspacePortReserved" as const,
              payload: { workspace: id, host: "127.0.0.1", ...port }
            }))
          ]
        })
        const state = stateIn(transaction, id)
        return state === undefined ? Either.left(exhausted) : Either.right(state)
      })
      .pipe(
        Effect.catchTags({ VersionConflict: Effect.die, KeyReused: Effect.die, EventRefused: Effect.die }),
        Effect.flatten
      )
  })

/** Where it is to be, and at which commit; asks git, and changes nothing there. */
const placeFor = (id: WorkspaceId, name: WorkspaceName, { base, spec }: Wanted, backend: Backend) =>
  Effect.gen(function* () {
    const { database } = yield* EventLog
    const { home } = yield* Nexus
    const worktrees = yield* Worktrees
    const project = yield* projectHere
    const repository = yield* worktrees.repositoryOf((yield* checkoutHere).path)
    const place = { folder: join(repository, ".worktree", name), branch: `nexus/${name}` }
    const other = Rows.named(database, project, name)?.workspace
    if (other !== undefined && other.status !== "deleted") return yield* taken(other)
    const site = siteOf(home.workspaces, { ...place, repository, name, id, spec } as Workspace, backend)
    return { project, repository, place, ...(yield* worktrees.plan(site, base)) }
  })

const taken = ({ name, status }: Workspace): WorkspaceRefused =>
  new WorkspaceRefused({
    reason: `There is a workspace ${name} already; it is ${status}.`,
    hint: `Look at it: nexus workspace show ${name}`
  })

/** SSH has a port where programs listen apart from this machine's own. */
const servicesOf = ({ services, network, backend }: Spec): ReadonlyArray<Service> => {
  if (network === "none") return []
  return backend === "process" ? services : [ssh, ...services.filter(({ name }) => name !== ssh.name)]
}
