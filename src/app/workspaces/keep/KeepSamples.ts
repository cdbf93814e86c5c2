/** The keeper's job of noting what a workspace uses. */
import * as Effect from "effect/Effect"
import * as Database from "../../../events/Database.ts"
import { EventLog } from "../../../events/EventLog.ts"
import type { Job } from "./Job.ts"
import { addSample } from "./Samples.ts"

/** Milliseconds that other writers are waited for: a sample is worth no more. */
const patience = 2000

export const keepSamples: Job = {
  name: "samples",
  run: ({ workspace, usage, cpus, now }, note) =>
    Effect.gen(function* () {
      if (usage === undefined) return note
      const { database } = yield* EventLog
      const { cpus: _, cpuMs: __, ...reading } = usage
      const sample = { ...reading, time: now.wall, ...(cpus === undefined ? {} : { cpus }) }
      yield* Database.immediate(database, () => addSample(database, workspace.id, sample), patience)
      return note
    })
}
