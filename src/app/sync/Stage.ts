/** Contents on their way: copied to where they are not seen yet, and checked to be what the scan saw. */
import { createHash } from "node:crypto"
import { Readable } from "node:stream"
import * as Effect from "effect/Effect"
import type { PutFile } from "../../domain/sync/Plan.ts"
import { SideFailed, type SyncSide } from "../ports/SyncSide.ts"
import type { Sight } from "./Look.ts"
import type { SyncSession } from "./SyncSession.ts"

/** The same after a crash, so that what is there need not be copied again. */
export const stagedName = ({ path, entry }: PutFile): string =>
  createHash("sha256").update(path).update("\0").update(entry.hash).digest("hex").slice(0, 40)

/** Gives the bytes that were copied. */
export const stageFile = (session: SyncSession, to: SyncSide, step: PutFile, { scans }: Sight) =>
  Effect.gen(function* () {
    const { path, entry, from } = step
    const source = session[from.side]
    const changed = new SideFailed({
      side: from.side,
      operation: "read",
      path: from.path,
      kind: "changed",
      detail: "it changed while it was copied"
    })
    const seen = scans[from.side].seen.get(from.path)
    if (seen === undefined) return yield* changed
    const name = stagedName(step)
    const content = yield* source.read(from.path, seen)
    const hash = createHash("sha256")
    let bytes = 0
    if (Buffer.isBuffer(content)) {
      hash.update(content)
      bytes = content.length
      yield* to.stage(name, content)
    } else {
      // A source that breaks off breaks off what is written of it.
      const hashed = async function* () {
        for await (const chunk of content as AsyncIterable<Buffer>) {
          hash.update(chunk)
          bytes += chunk.length
          yield chunk
        }
      }
      yield* to
        .stage(name, Readable.from(hashed(), { objectMode: false }))
        .pipe(Effect.ensuring(Effect.sync(() => content.destroy())))
    }
    if (hash.digest("hex") !== entry.hash) return yield* changed
    return { path, bytes }
  })

/** What a run before staged and did not place. */
export const isStaged = (to: SyncSide, step: PutFile) =>
  Effect.map(to.staged(stagedName(step)), (hash) => hash === step.entry.hash)
