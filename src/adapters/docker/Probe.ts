/** Whether an engine is there, what it is, and what it can't do. */
import * as Effect from "effect/Effect"
import type { BackendFailure, BackendUnavailable } from "../../app/ports/Backend.ts"
import { local } from "./Images.ts"
import { baseImage, baseMissing } from "./BaseImage.ts"
import { type Engine, limits } from "./Engine.ts"
import { unavailable } from "./EngineFailure.ts"

/** Milliseconds: of an engine here, and of one on another machine, which has to be connected to. */
const [near, far] = [3000, 15_000]

/** A part of what the engine says of itself (Docker Engine API, "Get system information"). */
interface Info {
  readonly ServerVersion: string
  readonly Driver: string
  readonly DriverStatus?: ReadonlyArray<readonly [string, string]>
  readonly CgroupVersion?: string
  readonly LiveRestoreEnabled?: boolean
  readonly SecurityOptions?: ReadonlyArray<string>
  readonly Warnings?: ReadonlyArray<string> | null
}

/** An engine that answers with a failure can't be used either. */
const orUnavailable = <A>(asked: Effect.Effect<A, BackendFailure>): Effect.Effect<A, BackendUnavailable> =>
  Effect.catchTag(asked, "BackendFailed", ({ detail }) => Effect.fail(unavailable(detail, "Look at the engine's log.")))

/** Whether it answers at all. */
export const present = (engine: Engine): Effect.Effect<void, BackendUnavailable> =>
  engine
    .call("answer", limits.ask, (docker, abortSignal) =>
      // Its declaration lacks the options.
      (docker.ping as (options: { readonly abortSignal: AbortSignal }) => Promise<unknown>).call(docker, {
        abortSignal
      })
    )
    .pipe(orUnavailable, Effect.asVoid)

export const probe = (
  engine: Engine
): Effect.Effect<{ readonly version: string; readonly notes: ReadonlyArray<string> }, BackendUnavailable> =>
  Effect.gen(function* () {
    const info = yield* engine.call("answer", engine.elsewhere === undefined ? near : far, (docker, abortSignal) =>
      // Its declaration lacks the options.
      (docker.info as (options: { readonly abortSignal: AbortSignal }) => Promise<Info>).call(docker, { abortSignal })
    )
    const base = yield* local(engine, baseImage)
    return {
      version: info.ServerVersion,
      notes: [...notesOf(info), ...(base === undefined ? [baseMissing().message] : [])]
    }
  }).pipe(orUnavailable)

const notesOf = (info: Info): ReadonlyArray<string> => {
  const { Driver, DriverStatus = [], CgroupVersion = "1", LiveRestoreEnabled, SecurityOptions = [], Warnings } = info
  const files = DriverStatus.find(([name]) => name === "Backing Filesystem")?.[1]
  const hasQuota = ["btrfs", "zfs"].includes(Driver) || (Driver === "overlay2" && files === "xfs")
  const has = (name: string) => SecurityOptions.some((option) => option.startsWith(`name=${name}`))
  return [
    `Storage: ${Driver}${files === undefined ? "" : ` on ${files}`}; ` +
      (hasQuota ? "limits on the disk work where its quotas are on." : "limits on the disk can't be applied."),
    `Control groups: version ${CgroupVersion}.`,
    ...(LiveRestoreEnabled === true
      ? []
      : ["When the engine restarts, workspaces stop: live-restore is off (/etc/docker/daemon.json)."]),
    ...(has("rootless")
      ? ["The engine runs without root: files that root makes inside belong to you."]
      : has("userns")
        ? ["The engine maps users (userns-remap): files in the worktree may belong to others."]
        : [
            "Root inside is this machine's root, with few capabilities; workspaces run as the owner of their worktree."
          ]),
    ...(has("seccomp") ? [] : ["There is no seccomp filter: system calls are not limited."]),
    ...(Warnings ?? []).map((warning) => warning.replace(/^WARNING: /, ""))
  ]
}
