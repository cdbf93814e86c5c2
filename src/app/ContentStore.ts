/** Contents of one delivery on their way to the blobs: exact hashes, redacted copies, each stored once. */
import { hash } from "node:crypto"
import { isUtf8 } from "node:buffer"
import * as Effect from "effect/Effect"
import type { ContentRef } from "../domain/Content.ts"
import type { ContentHash } from "../domain/Ids.ts"
import { hashOf, type PreparedBlob } from "../events/Blobs.ts"
import type { EventLog } from "../events/EventLog.ts"
import type { LogFailure } from "../events/LogErrors.ts"
import type { JsonObject } from "./ports/Agent.ts"
import type { Secrets } from "./ports/Secrets.ts"
import { cleanText } from "./RedactPayload.ts"

/** Longer content is known by its hash alone. */
const largest = 16 * 1024 * 1024

/** A shorter text is not worth a reference. */
const referenceFrom = 256

export interface ContentStore {
  /** Refers to `content`, and stores it (redacted) unless told not to; `base` is what it resembles. */
  readonly add: (content: Buffer, base: Buffer | undefined, keep?: boolean) => Effect.Effect<ContentRef, LogFailure>
  /** A text of the payload that is stored already, by the reference that stands for it in the raw payload. */
  readonly reference: (text: string) => JsonObject | undefined
  /** Stores what is left of the payload. */
  readonly raw: (payload: JsonObject) => Effect.Effect<ContentHash, LogFailure>
  readonly blobs: ReadonlyArray<PreparedBlob>
}

export const contentStore = (log: EventLog["Type"], redact: Secrets["Type"]["redact"]): ContentStore => {
  const blobs: Array<PreparedBlob> = []
  const stored = new Map<
    string,
    { readonly content: Buffer; readonly blob: PreparedBlob; readonly rules: ReadonlyArray<string> }
  >()

  const add: ContentStore["add"] = (content, base, keep = true) =>
    Effect.gen(function* () {
      const exact = hashOf(content)
      const ref = { hash: exact, oid: gitOid(content), bytes: content.length }
      if (!keep || content.length > largest) return ref
      let copy = stored.get(exact)
      if (copy === undefined) {
        const clean = redacted(content, redact)
        const below = base === undefined ? undefined : stored.get(hashOf(base))
        const blob = yield* log.blobs.prepare(clean.content, below)
        copy = { content: clean.content, blob, rules: clean.rules }
        stored.set(exact, copy)
        blobs.push(blob)
      }
      return { ...ref, blob: copy.blob.hash, ...(copy.rules.length === 0 ? {} : { redacted: copy.rules }) }
    })

  return {
    add,
    blobs,
    reference: (text) => {
      if (text.length < referenceFrom || stored.size === 0) return undefined
      const copy = stored.get(hashOf(Buffer.from(text)))
      return copy === undefined ? undefined : { $blob: copy.blob.hash }
    },
    raw: (payload) =>
      Effect.map(log.blobs.prepare(Buffer.from(JSON.stringify(payload))), (blob) => {
        blobs.push(blob)
        return blob.hash
      })
  }
}

/** Text is searched for secrets and addresses; bytes that are no text are kept as they are. */
const redacted = (
  content: Buffer,
  redact: Secrets["Type"]["redact"]
): { readonly content: Buffer; readonly rules: ReadonlyArray<string> } => {
  if (!isUtf8(content)) return { content, rules: [] }
  const { text, rules } = cleanText(content.toString("utf8"), redact)
  return rules.length === 0 ? { content, rules } : { content: Buffer.from(text), rules }
}

/** The id that git gives a blob (git-hash-object(1)): SHA-1 over "blob <size>\0" and the content. */
const gitOid = (content: Buffer): string =>
  hash("sha1", Buffer.concat([Buffer.from(`blob ${content.length}\0`), content]))
