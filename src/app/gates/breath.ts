/** A pause in long work, in which clocks and signals are heard. Effect's own yields come before any timer. */
import { setImmediate } from "node:timers/promises"
import * as Effect from "effect/Effect"

export const breath: Effect.Effect<void> = Effect.promise(() => setImmediate())
