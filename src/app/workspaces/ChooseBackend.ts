/** Which backend a new workspace gets: the one that is asked for, or the first that isolates and is there. */
import * as Effect from "effect/Effect"
import { Backends } from "../ports/Backend.ts"
import { backendNamed } from "./Find.ts"
import type { Say } from "./StartWithPorts.ts"

export const chooseBackend = (name: string | undefined, say: Say) =>
  Effect.gen(function* () {
    const { all } = yield* Backends
    if (name !== undefined) return all.find((one) => one.name.startsWith(`${name}@`)) ?? (yield* backendNamed(name))
    for (const backend of all.filter(({ isolates }) => isolates)) {
      const found = yield* Effect.either(backend.present)
      if (found._tag === "Right") return backend
      say(`${found.left.message} Until then, without isolation`)
    }
    return yield* backendNamed("process")
  })
