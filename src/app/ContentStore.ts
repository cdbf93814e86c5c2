/** Contents of one delivery on their way to the blobs: exact hashes, redacted copies, each stored once. */
import { hash } from "node:crypto"
import { isUtf8 } from "node:buffer"
import * as Effect from "effect/Effect"
import type { ContentRef } from "../domain/Content.ts"
import type { ContentHash } from "../domain/Ids.ts"
import { type Base, hashOf, type PreparedBlob } from "../events/Blobs.ts"
import type { EventLog } from "../events/EventLog.ts"
import type { LogFailure } from "../events/LogErrors.ts"
import type { JsonObject } from "./ports/Agent.ts"
import type { Secrets } from "./ports/Secrets.ts"
import { cleanText } from "./RedactPayload.ts"

/** Longer content is known by its hash alone. */
const largest = 16 * 1024 * 1024

/** A shorter text is not worth a reference. */
const referenceFrom = 256

/** Content in the form in which it may be put aside: what it exactly is, and a copy without secrets. */
export interface CleanContent {
  readonly ref: Pick<ContentRef, "oid" | "bytes"> & { readonly hash: ContentHash }
  /** Absent when it is too long to be kept. */
  readonly copy?: Buffer
  /** Names of the rules whose findings were replaced in the copy. */
  readonly rules: ReadonlyArray<string>
}

export const cleanContent = (content: Buffer, redact: Secrets["Type"]["redact"]): CleanContent => {
  const ref = { hash: hashOf(content), oid: gitOid(content), bytes: content.length }
  if (content.length > largest) return { ref, rules: [] }
  const { content: copy, rules } = redacted(content, redact)
  return { ref, copy, rules }
}

export interface ContentStore {
  /** Refers to `content`, and stores it (redacted) unless told not to; `base` is what it resembles. */
  readonly add: (
    content: Buffer | CleanContent,
    base: Buffer | CleanContent | undefined,
    keep?: boolean
  ) => Effect.Effect<ContentRef, LogFailure>
  /** A text of the payload that is stored already, by the reference that stands for it in the raw payload. */
  readonly reference: (text: string) => JsonObject | undefined
  /** Stores what is left of the payload; `base` is one that it resembles. */
  readonly raw: (payload: JsonObject, base: Base | undefined) => Effect.Effect<Required<Base>, LogFailure>
  readonly blobs: ReadonlyArray<PreparedBlob>
}

export const contentStore = (log: EventLog["Type"], redact: Secrets["Type"]["redact"]): ContentStore => {
  const blobs: Array<PreparedBlob> = []
  const stored = new Map<
    string,
    { readonly content: Buffer; readonly blob: PreparedBlob } & Pick<CleanContent, "ref" | "rules">
  >()

  const add: ContentStore["add"] = (content, base, keep = true) =>
    Effect.gen(function* () {
      const exact = exactHash(content)
      let copy = keep ? stored.get(exact) : undefined
      if (copy === undefined) {
        const clean = Buffer.isBuffer(content) ? cleanContent(content, keep ? redact : asItIs) : content
        if (!keep || clean.copy === undefined) return clean.ref
        const below = base === undefined ? undefined : stored.get(exactHash(base))
        const blob = yield* log.blobs.prepare(clean.copy, below)
        copy = { content: clean.copy, blob, ref: clean.ref, rules: clean.rules }
        stored.set(exact, copy)
        blobs.push(blob)
      }
      const { hash, ...ref } = copy.ref
      const blob = copy.blob.hash
      const redacted = copy.rules.length === 0 ? {} : { redacted: copy.rules }
      return { ...(hash === blob ? {} : { hash }), ...ref, blob, ...redacted }
    })

  return {
    add,
    blobs,
    reference: (text) => {
      if (text.length < referenceFrom || stored.size === 0) return undefined
      const copy = stored.get(hashOf(Buffer.from(text)))
      return copy === undefined ? undefined : { $blob: copy.blob.hash }
    },
    raw: (payload, base) => {
      const content = Buffer.from(JSON.stringify(payload))
      return Effect.map(log.blobs.prepare(content, base), (blob) => {
        blobs.push(blob)
        return { content, blob }
      })
    }
  }
}

const exactHash = (content: Buffer | CleanContent): ContentHash =>
  Buffer.isBuffer(content) ? hashOf(content) : content.ref.hash

/** For content that is not kept, and so need not be searched. */
const asItIs: Secrets["Type"]["redact"] = (text) => ({ text, rules: [] })

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
export const gitOid = (content: Buffer): string =>
  hash("sha1", Buffer.concat([Buffer.from(`blob ${content.length}\0`), content]))
