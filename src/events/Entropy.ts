/** Where ids and salts come from, so that tests can be exact. */
import { randomFillSync } from "node:crypto"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import { v7 } from "uuid"
import type { Timestamp } from "./HybridClock.ts"

export class Entropy extends Context.Tag("nexus/events/Entropy")<
  Entropy,
  {
    /** A UUIDv7 (RFC 9562, method 1 of section 6.2: the counter follows the time), so that ids sort as the clock does. */
    readonly uuid: (at: Timestamp) => string
    /** 128 bits in 32 hex digits. */
    readonly salt: () => string
  }
>() {
  static readonly layer = Layer.sync(this, () => {
    // Random bytes are drawn in bulk: one system call serves many events.
    const pool = Buffer.allocUnsafe(8192)
    let used = pool.length
    const random = () => {
      if (used === pool.length) {
        randomFillSync(pool)
        used = 0
      }
      used += 16
      return pool.subarray(used - 16, used)
    }
    return {
      uuid: ({ ms, count }) => v7({ msecs: ms, seq: count, random: random() }),
      salt: () => random().toString("hex")
    }
  })

  /** Counts instead of rolling dice. */
  static readonly layerTest = Layer.sync(this, () => {
    let ids = 0
    let salts = 0
    return {
      uuid: () => `00000000-0000-7000-8000-${(++ids).toString(16).padStart(12, "0")}`,
      salt: () => (++salts).toString(16).padStart(32, "0")
    }
  })
}
