/** What workspaces use and print, now. */
import type { Writable } from "node:stream"
import * as Effect from "effect/Effect"
import type { Workspace } from "../../domain/workspace/Workspace.ts"
import { NotFound } from "../Find.ts"
import { nearest } from "../nearest.ts"
import type { Backend, Usage } from "../ports/Backend.ts"
import { backendNamed, find, list } from "./Find.ts"

export interface Reading {
  readonly name: string
  readonly status: string
  /** Undefined where there is none; `why` says why not. */
  readonly usage: Usage | undefined
  readonly why: string | undefined
}

/** One reading of a workspace, or of all of this project, all at once. `quick`: without what takes time to find out. */
export const measure = (name: string | undefined, quick = false) =>
  Effect.gen(function* () {
    const listed = name === undefined ? yield* list(false) : [yield* find(name)]
    return yield* Effect.forEach(
      listed,
      ({ workspace: { id, name, status, spec } }) =>
        Effect.gen(function* () {
          const backend = yield* backendNamed(spec.backend)
          return yield* backend.usage(id, { quick })
        }).pipe(
          Effect.match({
            onSuccess: (usage): Reading => ({ name, status, usage, why: undefined }),
            onFailure: (failure): Reading => ({ name, status, usage: undefined, why: failure.message })
          })
        ),
      { concurrency: 8 }
    )
  })

/** Readings one after the other, each time that it is run: quick ones, of which two say what the processor did in between. */
export const measureOn = (name: string | undefined) =>
  Effect.sync(() => {
    let last = new Map<string, Usage>()
    return Effect.map(measure(name, true), (readings) => {
      const found = readings.map((reading): Reading => {
        const { usage } = reading
        const before = last.get(reading.name)
        if (usage?.cpuMs === undefined || before?.cpuMs === undefined || usage.time <= before.time) return reading
        const cpus = Math.max(0, usage.cpuMs - before.cpuMs) / (usage.time - before.time)
        return { ...reading, usage: { ...usage, cpus } }
      })
      last = new Map(readings.flatMap(({ name, usage }) => (usage === undefined ? [] : [[name, usage]])))
      return found
    })
  })

/** What its own programs printed: those that nobody waited for; or a service beside it. Fails with NotFound for one that it has not. */
export const logs = (
  name: string,
  options: { readonly follow: boolean; readonly tail: number | undefined; readonly companion: string | undefined },
  to: { readonly stdout: Writable; readonly stderr: Writable }
) =>
  Effect.gen(function* () {
    const { workspace } = yield* find(name)
    const backend = yield* backendNamed(workspace.spec.backend)
    if (options.companion !== undefined) yield* knownCompanion(workspace, backend, options.companion)
    yield* backend.logs(workspace.id, options, to)
    return { workspace, keepsLogs: backend.here === undefined }
  })

const knownCompanion = ({ id, name }: Workspace, backend: Backend, companion: string) =>
  Effect.gen(function* () {
    const names = (yield* backend.companions(id)).map((one) => one.name)
    if (names.includes(companion)) return
    const guess = nearest(companion, names)
    return yield* new NotFound({
      what: "service",
      name: companion,
      hint:
        names.length === 0
          ? `${name} has no services beside it.`
          : `${guess === undefined ? "" : `Did you mean ${guess}? `}There are: ${names.join(", ")}.`
    })
  })
