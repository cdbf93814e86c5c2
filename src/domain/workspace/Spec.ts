/** What a workspace is to be like: chosen once, kept in the log, the same on every backend. */
import * as Schema from "effect/Schema"

export const Protocol = Schema.Literal("tcp", "udp")
export type Protocol = typeof Protocol.Type

const Port = Schema.Int.pipe(Schema.between(1, 65_535))

/** What a workspace's programs run on. */
export const Image = Schema.Union(
  /** One that comes with Nexus, made on this machine. */
  Schema.Struct({ kind: Schema.Literal("base") }),
  Schema.Struct({ kind: Schema.Literal("named"), name: Schema.NonEmptyString }),
  /** Paths are relative to the top of the worktree. `context`: the folder that is sent along; absent: all of the worktree. */
  Schema.Struct({
    kind: Schema.Literal("dockerfile"),
    /** Absent: of the worktree. Then paths are relative to the template's folder, which is what is sent along. */
    of: Schema.optional(Schema.Literal("template")),
    path: Schema.NonEmptyString,
    context: Schema.optional(Schema.NonEmptyString),
    target: Schema.optional(Schema.NonEmptyString),
    arguments: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String }))
  })
)
export type Image = typeof Image.Type

/** What it may use at most; absent: as much as there is. */
export const ResourceLimits = Schema.Struct({
  /** Of one processor's time; 1.5 is one and a half. */
  cpus: Schema.optional(Schema.Positive),
  memoryBytes: Schema.optional(Schema.Int.pipe(Schema.positive())),
  processes: Schema.optional(Schema.Int.pipe(Schema.positive())),
  diskBytes: Schema.optional(Schema.Int.pipe(Schema.positive()))
})
export type ResourceLimits = typeof ResourceLimits.Type

/** A port inside that is to be reached from this machine. */
export const Service = Schema.Struct({
  /** `ssh`, or what the user or the project calls it; unique in a workspace. */
  name: Schema.NonEmptyString,
  port: Port,
  protocol: Protocol
})
export type Service = typeof Service.Type

/** Data that outlives restarts. A path that does not begin with a slash is one in the worktree, wherever that is. */
export const Volume = Schema.Struct({ name: Schema.NonEmptyString, path: Schema.NonEmptyString })
export type Volume = typeof Volume.Type

/** A value, or where to find it when it is needed: what it refers to is in no log, image or checkpoint. */
export const Variable = Schema.Union(
  Schema.Struct({ value: Schema.String }),
  /** Of the environment of whoever starts the workspace; where it is not set: `fallback`, and without one nothing is started. */
  Schema.Struct({ fromEnvironment: Schema.NonEmptyString, fallback: Schema.optional(Schema.String) }),
  /** A file on the host. */
  Schema.Struct({ fromFile: Schema.NonEmptyString }),
  /** Text that refers to others, to what the image sets, or to the worktree's folder: see References.ts. */
  Schema.Struct({ text: Schema.String })
)
export type Variable = typeof Variable.Type

/** `own`: a network of its own that reaches out, and that other workspaces are not in. */
export const Network = Schema.Literal("own", "none")
export type Network = typeof Network.Type

/** When a command of the project's is run inside: once, at each start, before each stop, before its end, or to ask how it is. */
export const HookStage = Schema.Literal("setup", "start", "stop", "teardown", "health")
export type HookStage = typeof HookStage.Type

export const Hook = Schema.Struct({
  stage: HookStage,
  /** Where it was asked for: `setup`, `postCreateCommand`. */
  name: Schema.NonEmptyString,
  /** A line for the shell, or a program and its arguments. */
  command: Schema.Union(Schema.NonEmptyString, Schema.NonEmptyArray(Schema.String)),
  timeoutMs: Schema.Int.pipe(Schema.positive()),
  /** It goes on by itself: nobody waits for its end, and its output is among the workspace's logs. */
  detach: Schema.optional(Schema.Boolean),
  /** Of one that asks how it is: it may take so long after a start until all is well. */
  withinMs: Schema.optional(Schema.Int.pipe(Schema.positive()))
})
export type Hook = typeof Hook.Type

/** Where a part of the specification was read: `digest` (SHA-256) is of what was read then. */
const Source = Schema.Struct({ from: Schema.NonEmptyString, digest: Schema.NonEmptyString })

/**
 * Its files are not this machine's folder itself, which is only kept the same as theirs. `ignore`: what is left out, lines as in a
 * `.gitignore` at the top of the worktree.
 */
export const Sync = Schema.Struct({ ignore: Schema.Array(Schema.NonEmptyString) })
export type Sync = typeof Sync.Type

/** What was read from files of the project is kept here as it was then: a later change of them changes no workspace. */
export const Spec = Schema.Struct({
  /** The name of a backend. */
  backend: Schema.NonEmptyString,
  image: Image,
  /** The project's compose files, relative to the top of the worktree. */
  compose: Schema.optional(Schema.NonEmptyArray(Schema.NonEmptyString)),
  /** The template that it was made from. */
  template: Schema.optional(Source),
  /** The devcontainer.json that it was made from, relative to the top of the worktree. */
  devcontainer: Schema.optional(Source),
  /** Run in this order, those of one stage one after the other. */
  hooks: Schema.optional(Schema.Array(Hook)),
  /**
   * An account of the image whose name, home and shell commands inside have. Its number is that of the worktree's owner, whom files
   * belong to in any case.
   */
  user: Schema.optional(Schema.NonEmptyString),
  /** It is stopped when nobody used it for so long; null: never; absent: as the settings have it. */
  idleStopMs: Schema.optional(Schema.NullOr(Schema.Int.pipe(Schema.positive()))),
  /** Absent: the worktree is one and the same folder inside and outside. */
  sync: Schema.optional(Sync),
  limits: ResourceLimits,
  services: Schema.Array(Service),
  volumes: Schema.Array(Volume),
  variables: Schema.Record({ key: Schema.String, value: Variable }),
  network: Network,
  /** It may run containers of its own, with rights that could be used to leave it. */
  nested: Schema.Boolean
})
export type Spec = typeof Spec.Type
