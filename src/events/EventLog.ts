/**
 * The append-only log of events: the one place where something becomes a fact.
 *
 * Guarantees: what `append` or `transact` returned is on disk (fsync) with its projections; a batch is recorded whole or not
 * at all; positions and versions have no gaps; a repeated key is answered, not repeated; readers see only committed events.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Blobs, PreparedBlob } from "./Blobs.ts"
import type { Database } from "./Database.ts"
import type { Commit, Query, Receipt, RecordedEvent } from "./Event.ts"
import type { AppendFailure, LogFailure } from "./LogErrors.ts"

/** The log inside one write transaction. Synchronous, since nobody else can write meanwhile. */
export interface Transaction {
  /** Throws VersionConflict, KeyReused or EventRefused, which undoes the whole transaction. */
  readonly append: (commit: Commit) => Receipt
  /** The fingerprint of the command that this key was used for; undefined for a new key. */
  readonly recorded: (key: string) => string | undefined
  readonly putBlob: (blob: PreparedBlob) => void
  /** Events that match, those of this transaction included: at most `limit`. */
  readonly page: (query: Query, limit: number) => ReadonlyArray<RecordedEvent>
  /** For queries of read models, which are as of before this transaction's own events. */
  readonly database: Database
}

export interface Head {
  /** The last position; 0 in an empty log. */
  readonly position: number
  /** The last event's hash; the genesis hash in an empty log. */
  readonly hash: string
}

export class EventLog extends Context.Tag("nexus/events/EventLog")<
  EventLog,
  {
    /** This log's own origin id. */
    readonly device: string
    /** Appends commits to their streams in one transaction: all of them, or none. Answers in order. */
    readonly append: (
      commits: ReadonlyArray<Commit>,
      blobs?: ReadonlyArray<PreparedBlob>
    ) => Effect.Effect<ReadonlyArray<Receipt>, AppendFailure>
    /** Reads, decides and appends in one transaction, so that nothing can happen in between. Keep `body` short. */
    readonly transact: <A>(body: (transaction: Transaction) => A) => Effect.Effect<A, AppendFailure>
    /** The events that match, in order of position, read a page at a time. Ends at the head as of the last page. */
    readonly read: (query?: Query) => Stream.Stream<RecordedEvent, LogFailure>
    /** One page of the same, for callers that go through millions: at most `limit` events. */
    readonly page: (query: Query, limit: number) => Effect.Effect<ReadonlyArray<RecordedEvent>, LogFailure>
    /** Like `read`, but goes on with what any process appends, until interrupted. */
    readonly tail: (query?: Query) => Stream.Stream<RecordedEvent, LogFailure>
    /** The version of a stream: 0 when it has no events. */
    readonly streamVersion: (stream: string) => Effect.Effect<number, LogFailure>
    readonly head: Effect.Effect<Head, LogFailure>
    readonly blobs: Blobs
    /** Destroys the payload of the event at `position`; the chain still holds. False when there was none to destroy. */
    readonly destroyPayload: (position: number) => Effect.Effect<boolean, LogFailure>
    readonly database: Database
  }
>() {}

/** Told of every change to the log inside the change's own transaction. What it throws undoes the change. */
export class LogObserver extends Context.Tag("nexus/events/LogObserver")<
  LogObserver,
  {
    readonly appended: (database: Database, events: ReadonlyArray<RecordedEvent>) => void
    /** A payload was destroyed: nothing derived from it may stay. */
    readonly destroyed: (database: Database) => void
  }
>() {}
