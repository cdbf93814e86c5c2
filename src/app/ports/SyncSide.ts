/**
 * The port to one root of a sync: a folder on this machine, or one at the other end of a connection. Paths are relative to it, parts
 * joined by "/". No link is ever followed below the root, at any part of a path.
 *
 * A side never replaces or removes what is not as the scan saw it: it fails with `changed`, and the next round looks anew.
 */
import type { Readable } from "node:stream"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { Entry, File, Link, SideName } from "../../domain/sync/Entry.ts"

export class SideFailed extends Schema.TaggedError<SideFailed>()("SideFailed", {
  side: Schema.Literal("host", "workspace"),
  operation: Schema.String,
  path: Schema.String,
  /**
   * "no-root": the root is not there, or is no folder. "changed": something is not as it was seen. "permission", "no-space": as said.
   * "disconnected": the side cannot be reached. "failed": anything else.
   */
  kind: Schema.Literal("no-root", "changed", "permission", "no-space", "disconnected", "failed"),
  detail: Schema.String
}) {
  override get message() {
    return `${this.operation} of ${this.path === "" ? "the root" : this.path} on the ${this.side}'s side failed: ${this.detail}`
  }
}

/** An entry as it was seen. */
export interface Seen {
  readonly entry: Entry
  /** Permission bits, 0o777 at most. */
  readonly mode: number
  /** Bytes, of a file. */
  readonly size: number
  /** Changes with the file, as far as the file system tells. What is before the "|" stays when the file is only linked or moved. */
  readonly stamp: string
  /** Whether nothing can have changed under this stamp: false for what changed so shortly before that its time may not tell. */
  readonly isSettled: boolean
}

/** What is there and is not synced. */
export interface LeftOut {
  readonly path: string
  readonly reason: "ignored" | "special" | "unreadable" | "busy" | "name"
  /** A sentence's end: "is a socket". */
  readonly why: string
}

export interface Scan {
  readonly seen: ReadonlyMap<string, Seen>
  readonly leftOut: ReadonlyArray<LeftOut>
}

/** Whether the rules leave out a path. */
export type Ignores = (path: string, isFolder: boolean) => boolean

/** What was taken away in this round, kept until it is sure that nobody wrote to it at the last moment. */
export interface Taken {
  readonly path: string
  /** What it was when it was seen. */
  readonly entry: Entry
}

/** What somebody wrote at the last moment, and where it is now. */
export interface Rescued {
  readonly path: string
  readonly copy: string
}

interface Target {
  readonly path: string
  /** What is replaced; undefined: nothing may be there. */
  readonly expected: Seen | undefined
}

export interface SyncSide {
  readonly side: SideName
  /** Where it is, in words for people. */
  readonly place: string
  /** Whether names that differ by case or Unicode form alone are the same there. */
  readonly folds: Effect.Effect<boolean, SideFailed>
  /** What the token file holds; undefined when there is none. */
  readonly token: Effect.Effect<string | undefined, SideFailed>
  /** Makes the token file, or replaces it. */
  readonly claim: (token: string) => Effect.Effect<void, SideFailed>
  /** All that is there. Files whose stamp is as `known` and settled are not read again. */
  readonly scan: (known: ReadonlyMap<string, Seen>, ignores: Ignores) => Effect.Effect<Scan, SideFailed>
  /** Whether anything is at a path. Asked again before the other side's is removed. */
  readonly isThere: (path: string) => Effect.Effect<boolean, SideFailed>
  /** A file's content, at once when it is small. */
  readonly read: (path: string, seen: Seen) => Effect.Effect<Buffer | Readable, SideFailed>
  /** Under which names something is staged, by a run that was cut short. */
  readonly stagedNames: Effect.Effect<ReadonlySet<string>, SideFailed>
  /** The SHA-256 of what is staged under a name; undefined when nothing is. */
  readonly staged: (name: string) => Effect.Effect<string | undefined, SideFailed>
  /** Writes a content where it is not seen yet, on the same file system; there whole or not at all. */
  readonly stage: (name: string, content: Buffer | Readable) => Effect.Effect<void, SideFailed>
  /** Gives what is staged its place, at once. A new file gets `mode`, one that replaces another keeps that one's but for execution. */
  readonly putFile: (
    target: Target & { readonly staged: string; readonly entry: File; readonly mode: number }
  ) => Effect.Effect<void, SideFailed>
  readonly putLink: (target: Target & { readonly entry: Link }) => Effect.Effect<void, SideFailed>
  readonly makeFolder: (path: string, mode: number) => Effect.Effect<void, SideFailed>
  readonly changeMode: (target: Target & { readonly entry: File }) => Effect.Effect<void, SideFailed>
  /** A file, a link, or a folder with nothing in it. */
  readonly remove: (target: Target & { readonly expected: Seen }) => Effect.Effect<void, SideFailed>
  /** Drops what was taken away; what was written to at the last moment comes back, beside what is in its place now. */
  readonly settle: (taken: ReadonlyArray<Taken>) => Effect.Effect<ReadonlyArray<Rescued>, SideFailed>
  /** Drops what is staged and not used. */
  readonly clear: Effect.Effect<void, SideFailed>
  /** Returns when all that was done is on disk. */
  readonly flush: Effect.Effect<void, SideFailed>
  /** A hint that something may have changed; never ends. A side that cannot tell gives none. */
  readonly hints: (ignores: Ignores) => Stream.Stream<void, SideFailed>
}
