/**
 * Content by the SHA-256 of its bytes, compressed with zstd. The next state of a file is stored as what it adds to the last
 * one: a small edit as what lies between the parts that stayed (`Splice`), any other with the earlier content as the
 * compression dictionary (RFC 8878, section 5). Either way an edit of a long file takes a few dozen bytes.
 */
import { hash } from "node:crypto"
import { zstdCompressSync, zstdDecompressSync } from "node:zlib"
import type * as Effect from "effect/Effect"
import { ContentHash } from "../domain/Ids.ts"
import { type Database, guard } from "./Database.ts"
import { LogDamaged, type LogFailure } from "./LogErrors.ts"
import { splice, unsplice } from "./Splice.ts"

/** How many contents may have to be read to get at one. */
const deepest = 64

/** More than any log has: a chain that is longer leads in a circle. */
const endless = 10_000

/** In bytes: of longer content, so much is decompressed at once. */
const largestChunk = 256 * 1024

/** Shorter content does not get smaller. */
const compressFrom = 64

/** More bytes in one place than these are compressed: that is slower to read, and a good deal smaller. */
const splicedUpTo = 320

/** Content ready to be stored in a transaction: the slow part is done. */
export interface PreparedBlob {
  readonly hash: ContentHash
  readonly bytes: number
  readonly encoding: 0 | 1 | 2 | 3
  readonly base: ContentHash | null
  readonly depth: number
  readonly data: Buffer
  /** What it is, if it rests on a base that may be stored in another way by then. */
  readonly content?: Buffer
}

export interface Base {
  readonly content: Buffer
  readonly blob?: PreparedBlob
}

export interface Blobs {
  /** Hashes and compresses; `base` is content that this one probably resembles, stored or about to be (then with `blob`). */
  readonly prepare: (content: Buffer, base?: Base) => Effect.Effect<PreparedBlob, LogFailure>
  readonly get: (hash: string) => Effect.Effect<Buffer | undefined, LogFailure>
}

export const hashOf = (content: Buffer): ContentHash => ContentHash.make(hash("sha256", content, "hex"), true)

export const make = (database: Database): Blobs => ({
  prepare: (content, base) => guard(database.path, () => prepare(database, content, base)),
  get: (blob) => guard(database.path, () => read(database, blob)?.content)
})

/** Reads contents one after the other, as a fold over many does: what was read lately is at hand. Thrown: LogDamaged. */
export interface Contents {
  (hash: string): Buffer | undefined
  /** Told which contents are about to be asked for, it reads them together: that takes a quarter of the time. */
  readonly soon: (hashes: ReadonlyArray<string>) => void
}

/** How many bytes of contents a reader keeps at hand. */
const atHand = 32 * 1024 * 1024

/** Fewer contents are not worth a statement of their own. */
const together = 8

export const reader = (database: Database): Contents => {
  // Each in the order in which they were asked for last. What others rest on goes first: the file has gone on from there.
  const ends = new Map<string, Content>()
  const below = new Map<string, Content>()
  let rows: ReadonlyMap<string, Row> = new Map()
  let bytes = 0
  const known = (name: string) => ends.get(name) ?? below.get(name)
  const look = (name: string, above: number): Content | undefined => {
    const found = known(name)
    const content = found ?? read(database, name, above, look, rows.get(name))
    if (content === undefined) return undefined
    const place = above > 0 || below.has(name) ? below : ends
    ends.delete(name)
    below.delete(name)
    place.set(name, content)
    if (found === undefined) makeRoom(name, content.content.length)
    return content
  }
  // A good part at once: a Map whose first entry is deleted again and again gets slow.
  const makeRoom = (name: string, needed: number) => {
    bytes += needed
    if (bytes <= atHand) return
    for (const place of [below, ends]) {
      for (const [oldest, { content }] of place) {
        if (bytes <= 0.75 * atHand) return
        if (oldest === name) continue
        place.delete(oldest)
        bytes -= content.length
      }
    }
  }
  const soon = (hashes: ReadonlyArray<string>) => {
    const missing = [...new Set(hashes)].filter((hash) => known(hash) === undefined)
    rows = missing.length < together ? new Map() : rowsOf(database, missing)
  }
  return Object.assign((hash: string) => look(hash, 0)?.content, { soon })
}

/** In the order of their names, so that each page is read once. */
const rowsOf = (database: Database, hashes: ReadonlyArray<string>): ReadonlyMap<string, Row> => {
  const found = database
    .prepare(
      "SELECT hash, bytes, encoding, base, data FROM json_each(?) CROSS JOIN blobs ON blobs.hash = json_each.value"
    )
    .all(JSON.stringify(hashes.toSorted())) as ReadonlyArray<Row & { readonly hash: string }>
  return new Map(found.map((row) => [row.hash, row]))
}

/** Stores what is not there yet. Inside a write transaction. */
export const put = (database: Database, prepared: PreparedBlob): void => {
  if (depthOf(database, prepared.hash) !== undefined) return
  const blob = settled(database, prepared)
  database
    .prepare("INSERT INTO blobs (hash, bytes, encoding, base, depth, data) VALUES (?, ?, ?, ?, ?, ?)")
    .run(blob.hash, blob.bytes, blob.encoding, blob.base, blob.depth, blob.data)
}

/**
 * How deep a base lies is sure only now: others, or earlier deliveries of the same batch, may have stored it meanwhile upon
 * something else than it was prepared on, or not at all. What would lie too deep, or on nothing, rests on nothing.
 */
const settled = (database: Database, blob: PreparedBlob): PreparedBlob => {
  if (blob.base === null || blob.content === undefined) return blob
  const below = depthOf(database, blob.base)
  return below !== undefined && below < deepest ? { ...blob, depth: below + 1 } : plain(blob.content, blob.hash)
}

/** The first stored content that is not what its name says, with what is wrong. */
export const firstDamaged = (database: Database): { readonly hash: string; readonly problem: string } | undefined => {
  for (const name of database.sqlite.prepare<[]>("SELECT hash FROM blobs").pluck().iterate()) {
    const hash = String(name)
    const problem = typeof name === "string" ? problemOf(database, hash) : "its name is no text"
    if (problem !== undefined) return { hash, problem }
  }
  return undefined
}

const problemOf = (database: Database, name: string): string | undefined => {
  try {
    const found = read(database, name)
    if (found === undefined || hashOf(found.content) !== name) return "its content has another hash"
    if (found.content.length !== found.bytes) return "its size is another than noted"
    return found.depth === depthOf(database, name) ? undefined : "its depth is another than noted"
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}

const prepare = (database: Database, content: Buffer, base: Base | undefined): PreparedBlob => {
  const name = hashOf(content)
  if (base !== undefined && content.length >= compressFrom && base.content.length >= compressFrom) {
    const baseName = base.blob?.hash ?? hashOf(base.content)
    const depth = depthOf(database, baseName) ?? base.blob?.depth
    if (baseName !== name && depth !== undefined && depth < deepest) {
      const spliced = splice(base.content, content, splicedUpTo)
      const facts = { hash: name, bytes: content.length, base: baseName, depth: depth + 1, content }
      return spliced === undefined
        ? { ...facts, encoding: 2, data: zstdCompressSync(content, { dictionary: base.content }) }
        : { ...facts, encoding: 3, data: spliced }
    }
  }
  return plain(content, name)
}

/** Content that rests on nothing. */
const plain = (content: Buffer, hash: ContentHash): PreparedBlob => {
  const facts = { hash, bytes: content.length, base: null, depth: 0 }
  const data = content.length < compressFrom ? content : zstdCompressSync(content)
  return data.length < content.length ? { ...facts, encoding: 1, data } : { ...facts, encoding: 0, data: content }
}

/** Undefined when the base is not stored (yet): nothing may rest on it. */
const depthOf = (database: Database, name: string): number | undefined =>
  database.prepare("SELECT depth FROM blobs WHERE hash = ?").pluck().get(name) as number | undefined

interface Row {
  readonly bytes: number
  readonly encoding: number
  readonly base: string | null
  readonly data: Buffer
}

interface Content {
  readonly content: Buffer
  /** As noted. */
  readonly bytes: number
  /** How many contents lie below, counted. */
  readonly depth: number
}

const read = (
  database: Database,
  name: string,
  above = 0,
  below: (name: string, above: number) => Content | undefined = (name, above) => read(database, name, above),
  known?: Row
): Content | undefined => {
  const row =
    known ??
    (database.prepare("SELECT bytes, encoding, base, data FROM blobs WHERE hash = ?").get(name) as Row | undefined)
  if (row === undefined) return undefined
  const { bytes, data } = row
  // A tampered size must not make us reserve the memory for it. What fits into one chunk need not be put together.
  const maxOutputLength = Math.max(1, Math.min(bytes, 1 << 30))
  const chunkSize = Math.max(64, Math.min(bytes + 1, largestChunk))
  if (row.encoding === 0) return { content: data, bytes, depth: 0 }
  if (row.encoding === 1) return { content: zstdDecompressSync(data, { maxOutputLength, chunkSize }), bytes, depth: 0 }
  const damaged = (reason: string) => new LogDamaged({ path: database.path, reason: `content ${name} ${reason}` })
  if (row.encoding !== 2 && row.encoding !== 3) throw damaged("is stored in a way that this version does not know")
  const base = row.base === null || above > endless ? undefined : below(row.base, above + 1)
  if (base === undefined) throw damaged("rests on content that is missing")
  const content =
    row.encoding === 3
      ? unsplice(base.content, data)
      : zstdDecompressSync(data, { maxOutputLength, chunkSize, dictionary: base.content })
  if (content === undefined) throw damaged("does not fit the content that it rests on")
  return { content, bytes, depth: base.depth + 1 }
}
