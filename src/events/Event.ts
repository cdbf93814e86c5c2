/** An event as it stands in the log, and what it takes to append one. */
import type { Actor } from "../domain/Actor.ts"
import type { DomainEvent } from "./Catalogue.ts"

/** The envelope: everything about an event but its payload. */
export interface Envelope {
  /** Order of arrival in this log, from 1, without gaps. */
  readonly position: number
  /** UUIDv7. */
  readonly id: string
  /** The device that wrote it, and that device's own count of its events. */
  readonly device: string
  readonly seq: number
  readonly stream: string
  /** Per stream, from 1, without gaps. */
  readonly version: number
  /** Version of the payload's shape as it was written; `payload` has the current one. */
  readonly schema: number
  /** When it happened: milliseconds since 1970 by the writer's clock, which may have been wrong. */
  readonly time: number
  readonly project: string | null
  readonly actor: Actor
  /** The session or command that it belongs to. */
  readonly correlation: string | null
  /** Id of the event that led here. */
  readonly causation: string | null
  readonly key: string | null
  readonly hash: string
}

/**
 * A recorded event, its payload in the current shape of its type. A type that this version does not know comes through as
 * it was written: switches over `type` need a way out for it.
 */
export type RecordedEvent = { [E in DomainEvent as E["type"]]: Envelope & E }[DomainEvent["type"]]

/** `causation`: the id of the event that led here, or the index of an earlier event of the same commit. */
export type NewEvent = DomainEvent & { readonly actor?: Actor; readonly causation?: string | number }

/** Facts to append to one stream, all or none. */
export interface Commit {
  readonly stream: string
  /** The version that the stream must be at: 0 for a new one. Left out: whatever it is at. */
  readonly expected?: number
  /** Idempotency: the same key again gets the first answer, and nothing more is appended. */
  readonly key?: string
  /** What makes two commands with one key the same. Default: stream, types, payloads. */
  readonly fingerprint?: string
  readonly events: ReadonlyArray<NewEvent>
  readonly actor: Actor
  /** When it happened, milliseconds since 1970. Default: now. */
  readonly time?: number
  readonly project?: string
  readonly correlation?: string
}

/** What became of a commit: the positions and versions of its events, now or when its key was first used. */
export interface Receipt {
  readonly repeated: boolean
  readonly first: number
  readonly last: number
  /** The stream's version afterwards. */
  readonly version: number
}

/** Which events to read. All given conditions must hold. */
export interface Query {
  /** After this position. Default 0: from the beginning. */
  readonly after?: number
  /** Up to and including this position. */
  readonly until?: number
  /** At one of these. */
  readonly positions?: ReadonlyArray<number>
  readonly stream?: string
  readonly types?: ReadonlyArray<string>
  readonly correlation?: string
  readonly project?: string
  /** Milliseconds since 1970, both inclusive. */
  readonly since?: number
  readonly before?: number
}
