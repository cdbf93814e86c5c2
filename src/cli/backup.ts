/** `nexus backup` and `nexus restore`. */
import { resolve } from "node:path"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { restoreLog } from "../app/RestoreLog.ts"
import { backup } from "../events/Backup.ts"
import { EventLog } from "../events/EventLog.ts"
import { locate } from "../events/Home.ts"
import { globals } from "./Globals.ts"
import { Invocation } from "./Invocation.ts"
import * as Live from "./Live.ts"
import { Output } from "./Output.ts"
import { withLog } from "./withLog.ts"

const file = Args.text({ name: "FILE" })

export const backupCommand = Command.make("backup", { file, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const { database } = yield* EventLog
      const output = yield* Output
      const { report, done } = output.progress("Copying")
      const made = yield* backup(database, resolve(given.file), report).pipe(Effect.ensuring(Effect.sync(done)))
      yield* output.result(made, () => [`${made.events} events, verified, in ${made.file}`, `  head ${made.head}`])
    })
  )
).pipe(Command.withDescription("Write a verified copy of the log, while it is in use"))

export const restoreCommand = Command.make("restore", { file, ...globals }, (given) =>
  // Not `withLog`: the log that is there may be what is broken.
  Effect.gen(function* () {
    const { home } = yield* Invocation
    const output = yield* Output
    const where = locate(home, process.env)
    const { report, done } = output.progress("Restoring")
    const restored = yield* restoreLog(where, resolve(given.file), Live.log(where), report).pipe(
      Effect.provide(Live.context(where)),
      Effect.ensuring(Effect.sync(done))
    )
    yield* output.result(restored, () => [
      `Restored ${restored.events} events`,
      ...(restored.kept === null ? [] : [`The log before it is kept in ${restored.kept}`])
    ])
  })
).pipe(Command.withDescription("Make the log what a backup holds, once that is verified; the old one is kept"))
