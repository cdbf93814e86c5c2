/**
 * The port to SSH: keys of this Nexus and of its workspaces, whom it trusts, and connections by any route that a backend gives.
 *
 * A host is known by an alias, never by an address: ports change, and are used again by others. Which key it must present is said
 * by the caller, who has it from the log; any other is refused.
 */
import type { Readable, Writable } from "node:stream"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Ended, Execution, Route } from "./Backend.ts"
import type { Sftp } from "./Sftp.ts"

/** What went wrong between here and there; `kind` is what a caller can act on. */
export class SshFailed extends Schema.TaggedError<SshFailed>()("SshFailed", {
  alias: Schema.String,
  /**
   * "refused": nothing listens there. "timeout": no answer in time. "gone": the route's program ended, or the connection broke.
   * "host-key": it presented another key than it must. "auth": it takes none of our keys. "not-ssh": something else answers.
   * "no-route": the backend has none. "failed": anything else.
   */
  kind: Schema.Literal("refused", "timeout", "gone", "host-key", "auth", "not-ssh", "no-route", "failed"),
  detail: Schema.String,
  advice: Schema.String
}) {
  override get message() {
    return `${this.alias} cannot be reached by SSH: ${this.detail}. ${this.advice}`
  }
}

/** Our own keys or known hosts could not be read or written. */
export class SshFilesUnusable extends Schema.TaggedError<SshFilesUnusable>()("SshFilesUnusable", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.path} cannot be used: ${this.reason}. Make it readable and writable by you alone, or remove it to have it made anew.`
  }
}

export interface KeyPair {
  /** OpenSSH's own PEM form, without a passphrase. */
  readonly privateKey: string
  /** `ssh-ed25519 AAAA… comment` */
  readonly publicKey: string
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string
}

export interface Identity extends KeyPair {
  /** Where the private key is kept. */
  readonly file: string
}

/** A public key that may be let in. */
export interface UserKey {
  readonly publicKey: string
  readonly fingerprint: string
  /** The file that it was read from, or "agent". */
  readonly source: string
}

export interface Destination {
  /** What the host is known by, here and in the user's SSH client: `nexus-NAME`. */
  readonly alias: string
  readonly route: Route
  readonly user: string
  /** The key that it must present: an OpenSSH public key line. */
  readonly hostKey: string
}

export interface ConnectOptions {
  /** Milliseconds until it must be ready; 10 s unless given, 30 s by a program, which may have to reach another machine first. */
  readonly timeout?: number
  /** Milliseconds between signs of life; four that are not answered in a row end the connection. 15 s unless given. */
  readonly keepalive?: number
  /** The socket of the user's agent. Its keys are tried after our own. */
  readonly agent?: string
  /** A private key's file in place of our own. */
  readonly identity?: string
}

/** The terminal at this end. A process' own standard streams fit. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean; readonly setRawMode?: (raw: boolean) => unknown }
  readonly output: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number }
  readonly error: Writable
  /** Such as "xterm-256color". */
  readonly type: string
}

export interface ShellOptions {
  readonly terminal: Terminal
  /** Where it begins; the user's home unless given. */
  readonly cwd?: string
  /** In place of a login shell. */
  readonly command?: readonly [string, ...ReadonlyArray<string>]
  /** Lets programs over there ask the agent that `connect` was given. */
  readonly forwardAgent?: boolean
}

export interface Connection {
  /**
   * Runs a command. Variables reach it by its standard input, so that their values are on no command line. It and all that it
   * started (and that did not clear its environment) are ended by the timeout and by interruption.
   */
  readonly execute: (execution: Execution) => Effect.Effect<Ended, SshFailed>
  /**
   * A shell at the terminal until it ends, or until `~.` is typed at the beginning of a line. The terminal is as before afterwards,
   * whatever happened. Without a terminal at this end there is none at the other.
   */
  readonly shell: (options: ShellOptions) => Effect.Effect<Ended, SshFailed>
  /** Files over there; open as long as the scope. */
  readonly sftp: Effect.Effect<Sftp, SshFailed, Scope.Scope>
  /** Completes when the connection ends, whoever ended it. */
  readonly closed: Effect.Effect<void>
}

export interface ConfigOptions {
  /** A program that is the connection, in place of the destination's own route. */
  readonly proxy?: readonly [string, ...ReadonlyArray<string>]
  readonly forwardAgent?: boolean
  /** What is run before a connection is made, while that file is there. */
  readonly wake?: { readonly file: string; readonly command: ReadonlyArray<string> }
}

export class Ssh extends Context.Tag("nexus/app/Ssh")<
  Ssh,
  {
    /** Our own key pair; made at the first use, the same for all processes of this home. */
    readonly identity: Effect.Effect<Identity, SshFilesUnusable>
    /** A new key pair for a host: Ed25519. Nothing is kept. */
    readonly makeKey: (comment: string) => Effect.Effect<KeyPair>
    /** `SHA256:…` of a public key line; undefined when it is none. */
    readonly fingerprint: (publicKey: string) => Effect.Effect<string | undefined>
    /** Public keys of the user: of `~/.ssh/*.pub` below `home`, and of the agent. What can't be read is left out. */
    readonly userKeys: (from: {
      readonly home: string
      readonly agent?: string
    }) => Effect.Effect<ReadonlyArray<UserKey>>
    /** Has OpenSSH clients trust this key, and no other, for an alias. */
    readonly know: (alias: string, publicKey: string) => Effect.Effect<void, SshFilesUnusable>
    readonly forget: (alias: string) => Effect.Effect<void, SshFilesUnusable>
    /** The aliases that are known. */
    readonly known: Effect.Effect<ReadonlyArray<string>, SshFilesUnusable>
    /** A connection, as long as the scope. */
    readonly connect: (
      destination: Destination,
      options?: ConnectOptions
    ) => Effect.Effect<Connection, SshFailed | SshFilesUnusable, Scope.Scope>
    /** What OpenSSH's client and the editors that use it must be told: a `Host` block for `~/.ssh/config`. */
    readonly config: (
      destination: Destination,
      options?: ConfigOptions
    ) => Effect.Effect<string, SshFailed | SshFilesUnusable>
  }
>() {}
