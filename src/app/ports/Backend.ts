/**
 * The port to what runs workspaces: containers, plain processes, later other machines. A backend does what it is told and says
 * what is there; what ought to be there is the log's to know.
 *
 * Every operation may be repeated: what exists already is taken as it is, what is gone is gone. What a backend makes carries the
 * ids of its log, workspace and step, and is found by them alone, never by a name.
 */
import type { Readable, Writable } from "node:stream"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { StepId, WorkspaceId, WorkspaceName } from "../../domain/workspace/Ids.ts"
import type { Reached } from "../../domain/workspace/Ports.ts"
import type { Protocol, ResourceLimits, Spec } from "../../domain/workspace/Spec.ts"
import type { Copied, CopyOptions, FileFailed } from "./Sftp.ts"

/** The backend can't be used now; its message ends with what to do. */
export class BackendUnavailable extends Schema.TaggedError<BackendUnavailable>()("BackendUnavailable", {
  backend: Schema.String,
  reason: Schema.String,
  advice: Schema.String
}) {
  override get message() {
    return `The backend ${this.backend} cannot be used: ${this.reason}. ${this.advice}`
  }
}

/** It refused or failed at one operation. `kind` is what a caller can act on. */
export class BackendFailed extends Schema.TaggedError<BackendFailed>()("BackendFailed", {
  backend: Schema.String,
  operation: Schema.String,
  kind: Schema.Literal("port-taken", "image-missing", "no-space", "refused", "gone", "unsupported", "failed"),
  detail: Schema.String,
  advice: Schema.optional(Schema.String),
  /** Of "port-taken": on the host. */
  port: Schema.optional(Schema.Int)
}) {
  override get message() {
    return `${this.operation} failed: ${this.detail}${this.advice === undefined ? "" : ` ${this.advice}`}`
  }
}

export type BackendFailure = BackendFailed | BackendUnavailable

/** Which port of this machine leads to which port inside. */
export interface Publication {
  readonly service: string
  /** An address of this machine; loopback unless the user said otherwise. */
  readonly host: string
  readonly hostPort: number
  readonly port: number
  readonly protocol: Protocol
  /** The project's own service beside the workspace that it leads to; absent: the workspace itself. */
  readonly companion?: string | undefined
}

/** A port on which something listens. `isLocal`: only for what runs in the same place, so that no port of this machine leads there. */
export interface Listener {
  readonly port: number
  readonly protocol: Protocol
  readonly isLocal?: boolean
}

/** A service of the project's own that runs beside a workspace: a database, a queue. */
export interface Companion {
  readonly name: string
  /** As `Instance.handle`. */
  readonly handle: string
  readonly state: Instance["state"]
  /** What it was last found to be, where the project says how to find out. */
  readonly health?: "starting" | "healthy" | "unhealthy"
  /** Of one that has ended. */
  readonly exit?: number
  /** Undefined when it can't be told. */
  readonly listening?: ReadonlyArray<Listener>
}

/** A host folder or file that is seen inside. */
export interface Mount {
  readonly from: string
  readonly to: string
  readonly writable: boolean
}

/** All that a backend needs to make a workspace's environment. */
export interface Order {
  readonly workspace: WorkspaceId
  readonly step: StepId
  readonly name: WorkspaceName
  readonly spec: Spec
  /** The worktree on the host. */
  readonly folder: string
  /** The folder of ours for what belongs to this workspace alone; nothing inside sees it. */
  readonly own: string
  /** Where it is seen inside; the same as `folder` on backends that don't isolate. */
  readonly inside: string
  /** The worktree first; then its git directory, objects, the spool. */
  readonly mounts: ReadonlyArray<Mount>
  readonly ports: ReadonlyArray<Publication>
  /** Whose public keys may log in, one OpenSSH line each; and the host key that it is to present (OpenSSH PEM). */
  readonly authorizedKeys: ReadonlyArray<string>
  readonly hostKey: string
  /** Who owns the worktree's files: numeric, of the host. */
  readonly owner: { readonly uid: number; readonly gid: number }
  /** The folder on the host that an image of the template's is built from. */
  readonly template?: string
  /** A state of the environment to begin with, as `keepEnvironment` gave it. */
  readonly environment?: EnvironmentDelta
}

/** What there is of a workspace on a backend. */
export interface Instance {
  readonly workspace: WorkspaceId
  readonly step: StepId
  /** The backend's own name of it, for people and for its own tools. */
  readonly handle: string
  readonly state: "created" | "running" | "paused" | "stopped"
  readonly ports: ReadonlyArray<Publication>
  /** As they are applied. */
  readonly limits: ResourceLimits
  /** Milliseconds since 1970; undefined while it does not run. */
  readonly startedAt?: number
  /** What it was made from: a digest. */
  readonly image?: string
}

export interface Execution {
  readonly command: readonly [string, ...ReadonlyArray<string>]
  readonly cwd?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly user?: string
  readonly stdin?: Readable
  /** Neither is ended. Of one that is detached, the output goes to the workspace's logs. */
  readonly stdout: Writable
  readonly stderr: Writable
  /** Milliseconds, then it and all it started are ended. */
  readonly timeout?: number
  /** It goes on when the caller goes. */
  readonly detach?: boolean
}

export interface Ended {
  /** Of the command itself; 128 + n after signal n; null for one that goes on by itself. */
  readonly exit: number | null
  readonly timedOut: boolean
  readonly durationMs: number
}

/** How an SSH client reaches it. */
export type Route =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** A program of this machine whose standard streams are the connection. */
  | { readonly kind: "command"; readonly command: readonly [string, ...ReadonlyArray<string>] }
  | { readonly kind: "none"; readonly reason: string }

/** And as whom it logs in. */
export type Access =
  | (Exclude<Route, { readonly kind: "none" }> & { readonly user: string })
  | Extract<Route, { readonly kind: "none" }>

/** What shows that it is used now. */
export interface Activity {
  /** Connections from outside to its SSH server, and to the services that have a port of this machine. */
  readonly ssh: number
  readonly connections: number
  /** Commands that were started in it and have not ended. */
  readonly commands: number
  /** Programs with a terminal, such as a shell in tmux. */
  readonly terminals: number
}

/** One reading. Absent: the backend can't tell. */
export interface Usage {
  readonly time: number
  /** Milliseconds of processor time that it used so far; begins anew with each start. */
  readonly cpuMs?: number
  /** Of one processor: 1.5 is one and a half. */
  readonly cpus?: number
  readonly memoryBytes?: number
  readonly diskBytes?: number
  readonly networkInBytes?: number
  readonly networkOutBytes?: number
  readonly processes?: number
}

/** What differs from the image, as a file on this machine that `hash` (SHA-256) names. */
export interface EnvironmentDelta {
  readonly file: string
  readonly hash: string
  readonly bytes: number
  /** The digest of what it is a difference from. */
  readonly image: string
}

/** What needs no connection where a workspace is a folder of this machine. */
export interface Here {
  /** A program at the caller's own terminal, in the workspace, until it ends; without a command the user's shell. */
  readonly shell: (
    workspace: WorkspaceId,
    options: {
      readonly command: readonly [string, ...ReadonlyArray<string>] | undefined
      readonly variables: Readonly<Record<string, string>>
    }
  ) => Effect.Effect<Ended, BackendFailure>
  /** As `Sftp` sends and receives. */
  readonly copy: (from: string, to: string, options: CopyOptions) => Effect.Effect<Copied, FileFailed>
}

export interface Backend {
  readonly name: string
  /** Whether programs inside can't reach what is outside. */
  readonly isolates: boolean
  /**
   * Its workspaces are on another machine: they see no folder of this one, so files are kept the same as copies, and their ports are
   * that machine's.
   */
  readonly isElsewhere?: boolean
  /** Only of one whose workspaces are folders of this machine. */
  readonly here?: Here
  /** Fails when it is not there; no more is found out, so that nobody waits for it. */
  readonly present: Effect.Effect<void, BackendUnavailable>
  /** Whether it is there, and what it is; quick. */
  readonly probe: Effect.Effect<{ readonly version: string; readonly notes: ReadonlyArray<string> }, BackendUnavailable>
  /** Which other programs of this machine it would use, in words; may take a second. */
  readonly tools?: Effect.Effect<ReadonlyArray<string>>
  /**
   * Reads what the project says of services of its own, refuses what would not be kept apart, keeps the rest in `own` as it is
   * now, and answers the ports by which they are to be reached. None where the specification has no such services.
   */
  readonly prepare: (
    order: Order,
    progress: (words: string) => void
  ) => Effect.Effect<ReadonlyArray<Reached>, BackendFailure>
  /** Makes it, stopped. `progress` is told in words what takes time. */
  readonly create: (order: Order, progress: (words: string) => void) => Effect.Effect<Instance, BackendFailure>
  /**
   * Starts it, and waits until commands can be run in it. Fails with "port-taken" when one of its ports is. `variables` are for all
   * that runs inside until it stops, with references resolved; they are in memory only. One that runs gets them as well.
   */
  readonly start: (
    workspace: WorkspaceId,
    variables: Readonly<Record<string, string>>
  ) => Effect.Effect<Instance, BackendFailure>
  /** Ends its programs: politely, then by force after `grace` milliseconds. */
  readonly stop: (workspace: WorkspaceId, grace: number) => Effect.Effect<Instance, BackendFailure>
  readonly pause: (workspace: WorkspaceId) => Effect.Effect<Instance, BackendFailure>
  readonly resume: (workspace: WorkspaceId) => Effect.Effect<Instance, BackendFailure>
  /** Removes all that was made for it, but `volumes`, and companions with what is in them, only when told to. */
  readonly remove: (
    workspace: WorkspaceId,
    options: { readonly volumes: boolean }
  ) => Effect.Effect<void, BackendFailure>
  /** Removes what an operation that was cut short left aside. Only while nothing is done with the workspace. */
  readonly tidy: (workspace: WorkspaceId) => Effect.Effect<void, BackendFailure>
  readonly inspect: (workspace: WorkspaceId) => Effect.Effect<Instance | undefined, BackendFailure>
  /** All that this log's workspaces have here. */
  readonly list: Effect.Effect<ReadonlyArray<Instance>, BackendFailure>
  readonly execute: (workspace: WorkspaceId, execution: Execution) => Effect.Effect<Ended, BackendFailure>
  readonly route: (workspace: WorkspaceId) => Effect.Effect<Access, BackendFailure>
  /** What its own programs print, or a companion; ends at the end, or goes on. */
  readonly logs: (
    workspace: WorkspaceId,
    options: { readonly follow: boolean; readonly tail: number | undefined; readonly companion?: string | undefined },
    to: { readonly stdout: Writable; readonly stderr: Writable }
  ) => Effect.Effect<void, BackendFailure>
  /** `quick`: without what takes time to find out, such as the disk space. */
  readonly usage: (
    workspace: WorkspaceId,
    options?: { readonly quick: boolean }
  ) => Effect.Effect<Usage, BackendFailure>
  readonly activity: (workspace: WorkspaceId) => Effect.Effect<Activity, BackendFailure>
  /** Ports on which something inside listens now. */
  readonly listening: (workspace: WorkspaceId) => Effect.Effect<ReadonlyArray<Listener>, BackendFailure>
  /** What runs beside it, by name. */
  readonly companions: (workspace: WorkspaceId) => Effect.Effect<ReadonlyArray<Companion>, BackendFailure>
  /** Writes what differs from the image into `folder`; undefined when nothing does, or the backend has nothing of the kind. */
  readonly keepEnvironment: (
    workspace: WorkspaceId,
    folder: string
  ) => Effect.Effect<EnvironmentDelta | undefined, BackendFailure>
  /** Writes each named volume's files into `folder` as one archive. */
  readonly keepVolumes: (
    workspace: WorkspaceId,
    folder: string
  ) => Effect.Effect<
    ReadonlyArray<{ readonly volume: string; readonly file: string; readonly hash: string; readonly bytes: number }>,
    BackendFailure
  >
  /** Makes a stopped workspace's volumes hold exactly this. */
  readonly restoreVolumes: (
    workspace: WorkspaceId,
    archives: ReadonlyArray<{ readonly volume: string; readonly file: string }>
  ) => Effect.Effect<void, BackendFailure>
}

/** Those that this Nexus has, by name. */
export class Backends extends Context.Tag("nexus/app/Backends")<
  Backends,
  {
    readonly all: ReadonlyArray<Backend>
    /** One that is known by its name alone, such as another machine's that a workspace was made on. */
    readonly named?: (name: string) => Backend | undefined
  }
>() {}
