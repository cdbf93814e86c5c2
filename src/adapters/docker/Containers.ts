/** A workspace's container, found by its labels, and what it is. */
import type Docker from "dockerode"
import * as Effect from "effect/Effect"
import type { BackendFailure, Instance } from "../../app/ports/Backend.ts"
import type { StepId, WorkspaceId } from "../../domain/workspace/Ids.ts"
import type { ResourceLimits, Volume } from "../../domain/workspace/Spec.ts"
import { type Engine, limits } from "./Engine.ts"
import { failed, isGone } from "./EngineFailure.ts"
import { containerOf, labels, ofLog } from "./Labels.ts"

/** What is known of it besides what the port asks for. */
export interface Found extends Instance {
  readonly id: string
  readonly folder: string
  /** `UID:GID`. */
  readonly owner: string
  /** Of the image, whose name, home and shell commands get; empty for none. */
  readonly account: string
  readonly volumes: ReadonlyArray<Volume>
  /** Folders of its own that stand for the host's. */
  readonly apart: ReadonlyArray<string>
  /** Where what is kept of its services is; "" when it has none. */
  readonly plan: string
  readonly info: Docker.ContainerInspectInfo
}

/** Without what is this adapter's own. */
export const instanceOf = (found: Found): Instance => {
  const { workspace, step, handle, state, ports, limits, startedAt, image } = found
  return {
    workspace,
    step,
    handle,
    state,
    ports,
    limits,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(image === undefined ? {} : { image })
  }
}

const inspected = (engine: Engine, id: string, size = false): Effect.Effect<Found | undefined, BackendFailure> =>
  engine
    .call("inspect the workspace", limits.ask, (docker, abortSignal) =>
      docker.getContainer(id).inspect({ abortSignal, ...(size ? { size } : {}) } as Docker.ContainerInspectOptions)
    )
    .pipe(
      Effect.map(foundIn),
      // It went between two questions.
      Effect.catchAll((failure) => (isGone(failure) ? Effect.succeed(undefined) : Effect.fail(failure)))
    )

export const find = (
  engine: Engine,
  log: string,
  workspace: WorkspaceId
): Effect.Effect<Found | undefined, BackendFailure> =>
  engine
    .call("find the workspace", limits.ask, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters: containerOf(log, workspace), abortSignal })
    )
    .pipe(Effect.flatMap(([first]) => (first === undefined ? Effect.succeed(undefined) : inspected(engine, first.Id))))

/** Fails with "gone" when it has none. */
export const need = (engine: Engine, log: string, workspace: WorkspaceId): Effect.Effect<Found, BackendFailure> =>
  Effect.flatMap(find(engine, log, workspace), orGone)

/** As `need`, of one whose id in the engine is known: that is one question less. */
export const needById = (engine: Engine, id: string): Effect.Effect<Found, BackendFailure> =>
  Effect.flatMap(inspected(engine, id), orGone)

const orGone = (found: Found | undefined): Effect.Effect<Found, BackendFailure> =>
  found === undefined
    ? Effect.fail(
        failed("find the workspace", "gone", "Its container is not there any more.", {
          advice: "nexus workspace repair makes it again."
        })
      )
    : Effect.succeed(found)

export const listed = (engine: Engine, log: string): Effect.Effect<ReadonlyArray<Found>, BackendFailure> =>
  engine
    .call("list the workspaces", limits.ask, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters: ofLog(log), abortSignal })
    )
    .pipe(
      Effect.flatMap((all) => Effect.forEach(all, ({ Id }) => inspected(engine, Id), { concurrency: 8 })),
      Effect.map((all) => {
        const found = all.filter((one) => one !== undefined)
        const whole = found.filter(({ step }) => step !== "")
        // Services of a workspace whose own container is gone stand for it: somebody has to know of them.
        const left = new Map(found.filter(({ step }) => step === "").map((one) => [one.workspace, one]))
        for (const { workspace } of whole) left.delete(workspace)
        return [...whole, ...left.values()]
      })
    )

/** Bytes that its own layer holds. */
export const layerBytes = (engine: Engine, id: string): Effect.Effect<number | undefined, BackendFailure> =>
  Effect.map(inspected(engine, id, true), (found) => (found?.info as { readonly SizeRw?: number } | undefined)?.SizeRw)

const foundIn = (info: Docker.ContainerInspectInfo): Found => {
  const label = (name: string) => info.Config.Labels[name] ?? ""
  const startedAt = Date.parse(info.State.StartedAt)
  const state = stateOf(info.State)
  return {
    id: info.Id,
    workspace: label(labels.workspace) as WorkspaceId,
    step: label(labels.step) as StepId,
    handle: info.Name.replace(/^\//, ""),
    state,
    ports: parsed(label(labels.ports)),
    limits: limitsOf(info.HostConfig),
    ...(state === "running" || state === "paused" ? { startedAt } : {}),
    image: info.Image,
    folder: label(labels.folder),
    owner: label(labels.owner),
    account: label(labels.account),
    volumes: parsed(label(labels.volumes)),
    apart: parsed(label(labels.apart)),
    plan: label(labels.plan),
    info
  }
}

/** Labels are written by us alone, but an engine is everyone's. */
const parsed = (text: string): ReadonlyArray<never> => {
  try {
    return JSON.parse(text) as ReadonlyArray<never>
  } catch {
    return []
  }
}

export const stateOf = ({ Status, Paused, Running }: Docker.ContainerInspectInfo["State"]): Instance["state"] => {
  if (Paused) return "paused"
  if (Running) return "running"
  return Status === "created" ? "created" : "stopped"
}

const limitsOf = ({ NanoCpus, Memory, PidsLimit, StorageOpt }: Docker.HostConfig): ResourceLimits => {
  const size = Number(StorageOpt?.["size"] ?? 0)
  return {
    ...(NanoCpus ? { cpus: NanoCpus / 1e9 } : {}),
    ...(Memory ? { memoryBytes: Memory } : {}),
    ...(PidsLimit && PidsLimit > 0 ? { processes: PidsLimit } : {}),
    ...(size > 0 ? { diskBytes: size } : {})
  }
}
