/**
 * The hash of an event. It covers the event's header, the hash before it in its origin's chain, and a commitment to its
 * payload; so no event can be changed, removed or moved without every later hash of that origin changing.
 *
 *     commitment = SHA-256(salt ‖ payload)                      over the stored bytes, never over re-serialised JSON
 *     hash       = SHA-256(0x00 ‖ header ‖ LF ‖ previous ‖ LF ‖ commitment)
 *
 * The leading zero byte makes each hash an RFC 6962 section 2.1 leaf hash, so that a Merkle tree can later be put over
 * the same events. The salt hides what a destroyed payload was: without it, guesses cannot be checked.
 *
 * Known limit: whoever can write the file can compute a new chain. A chain proves what happened only together with a
 * head that was recorded somewhere else.
 */
import { hash } from "node:crypto"
import type { Timestamp } from "./HybridClock.ts"

/** What comes before an origin's first event. */
export const genesis = "0".repeat(64)

/** The fields that the hash covers, in this order. Absent ones are "": no field can be present and empty. */
export interface Header {
  readonly id: string
  readonly device: string
  readonly seq: number
  readonly hlc: Timestamp
  readonly seen: string
  readonly stream: string
  readonly version: number
  readonly type: string
  readonly schema: number
  readonly time: number
  readonly project: string | null
  /** The actor's JSON, as written. */
  readonly actorText: string
  readonly correlation: string | null
  readonly causation: string | null
  readonly key: string | null
}

/** One field a line; fields hold no line feed (`isHeaderText`), so two headers are equal only when all fields are. */
export const headerText = (event: Header): string =>
  `nexus-event/1\n${event.id}\n${event.device}\n${event.seq}\n${event.hlc.ms}\n${event.hlc.count}\n${event.seen}\n${event.stream}\n${event.version}\n${event.type}\n${event.schema}\n${event.time}\n${event.project ?? ""}\n${event.actorText}\n${event.correlation ?? ""}\n${event.causation ?? ""}\n${event.key ?? ""}`

/** Whether a text can stand in a header: not empty, well-formed Unicode, no control characters, no U+FFFD. */
export const isHeaderText = (text: string): boolean =>
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  text.length > 0 && text.isWellFormed() && !/[\u0000-\u001f\u007f\ufffd]/.test(text)

/** `body` is salt and payload, joined, as stored. */
export const commitment = (body: string | Buffer): string => hash("sha256", body, "hex")

export const eventHash = (header: string, previous: string, payloadHash: string): string =>
  hash("sha256", `\0${header}\n${previous}\n${payloadHash}`, "hex")
