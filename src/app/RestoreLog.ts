/** Restoring the log from a backup, and recording that. */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { deviceStream } from "../domain/Ids.ts"
import { restore } from "../events/Backup.ts"
import { EventLog } from "../events/EventLog.ts"
import type { Home } from "../events/Home.ts"
import type { LogFailure } from "../events/LogErrors.ts"
import type { Projections } from "../projections/Projections.ts"
import { Nexus } from "./Nexus.ts"

/** `log`: opens the restored log, to append to it. */
export const restoreLog = (
  home: Home,
  file: string,
  log: Layer.Layer<EventLog | Projections, LogFailure>,
  progress: (done: number, total: number) => void
) =>
  Effect.gen(function* () {
    const { user } = yield* Nexus
    const report = yield* restore(home.log, file, randomUUID(), progress)
    yield* Effect.gen(function* () {
      const { append, device } = yield* EventLog
      const payload = { events: report.events, head: report.head, from: file, kept: report.kept }
      yield* append([
        {
          stream: deviceStream(device),
          actor: { kind: "human", name: user },
          events: [{ type: "LogRestored", payload }]
        }
      ])
    }).pipe(Effect.provide(log))
    return report
  })
