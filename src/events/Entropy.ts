/** Where ids and salts come from, so that tests can be exact. */
import { randomFillSync } from "node:crypto"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import { v7 } from "uuid"

export class Entropy extends Context.Tag("nexus/events/Entropy")<
  Entropy,
  {
    /** A UUIDv7 (RFC 9562) at `ms`; ids made by one process in one millisecond still sort in the order they were made. */
    readonly uuid: (ms: number) => string
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
    let lastMs = 0
    let seq = 0
    return {
      uuid: (ms) => {
        // Two ids of one millisecond differ in `seq`; a clock that jumps back keeps the later millisecond.
        seq = ms > lastMs ? 0 : seq + 1
        lastMs = Math.max(lastMs, ms)
        return v7({ msecs: lastMs, seq, random: random() })
      },
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
