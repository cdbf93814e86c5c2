/** Runs a command that needs to know where it is, and neither reads nor writes the log. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { locate } from "../events/Home.ts"
import { Invocation } from "./Invocation.ts"
import * as Live from "./Live.ts"

export const withoutLog = <A, E, R>(command: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Invocation, ({ home }) =>
    Effect.provide(command, Layer.merge(Live.outside, Live.context(locate(home, process.env))))
  )
