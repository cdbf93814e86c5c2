/** The port to what a sync keeps between its rounds, on this machine, outside of both roots. */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { SideName, Tree } from "../../domain/sync/Entry.ts"
import type { Conflict } from "../../domain/sync/Reconcile.ts"
import type { SyncState } from "../sync/SyncState.ts"
import type { Seen, Taken } from "./SyncSide.ts"

export class MemoryFailed extends Schema.TaggedError<MemoryFailed>()("MemoryFailed", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `${this.file}, the memory of a sync, cannot be used: ${this.detail}. Nothing was changed on either side.`
  }
}

/** Another process is at a round of the same sync. */
export class SyncBusy extends Schema.TaggedError<SyncBusy>()("SyncBusy", { file: Schema.String }) {
  override get message() {
    return "Another process is syncing this workspace right now."
  }
}

/** Something that is about to be replaced or removed. */
export interface Intent extends Taken {
  readonly side: SideName
  /** Of what was seen there; empty when nothing was. */
  readonly stamp: string
}

/** What the roots are recognised by. */
export interface Identity {
  readonly host: string
  readonly workspace: string
  /** The sides that were given their token. One of these without it is another folder, or an emptied one. */
  readonly claimed: ReadonlyArray<SideName>
}

export interface KnownConflict extends Pick<Conflict, "path" | "copy" | "side"> {
  /** When it was met, in milliseconds since 1970. */
  readonly at: number
}

export interface Kept {
  readonly ancestor: Tree
  readonly seen: Readonly<Record<SideName, ReadonlyMap<string, Seen>>>
  /** Of a round that was cut short. */
  readonly intents: ReadonlyArray<Intent>
}

export interface RoundRecord {
  /** What `load` gave at its beginning: what did not change since is not written again. */
  readonly before: Kept
  readonly ancestor: Tree
  readonly seen: Readonly<Record<SideName, ReadonlyMap<string, Seen>>>
  readonly conflicts: ReadonlyArray<KnownConflict>
}

export interface SyncMemory {
  /** Runs something while no other process can; fails at once when one does. */
  readonly exclusively: <A, E, R>(body: Effect.Effect<A, E, R>) => Effect.Effect<A, E | SyncBusy | MemoryFailed, R>
  readonly identity: Effect.Effect<Identity | undefined, MemoryFailed>
  readonly identify: (identity: Identity) => Effect.Effect<void, MemoryFailed>
  readonly load: Effect.Effect<Kept, MemoryFailed>
  /** Returns when the intents are on disk. */
  readonly intend: (intents: ReadonlyArray<Intent>) => Effect.Effect<void, MemoryFailed>
  /** The end of a round, at once and on disk; intents are dropped. */
  readonly record: (round: RoundRecord) => Effect.Effect<void, MemoryFailed>
  /** Forgets what both sides had in common, and by what they were recognised: the next round loses nothing of either. */
  readonly forget: Effect.Effect<void, MemoryFailed>
  readonly conflicts: Effect.Effect<ReadonlyArray<KnownConflict>, MemoryFailed>
  /** What `status` shows, also to other processes. */
  readonly state: Effect.Effect<SyncState, MemoryFailed>
  readonly setState: (change: Partial<SyncState>) => Effect.Effect<void, MemoryFailed>
}
