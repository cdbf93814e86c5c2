/**
 * Backs the log up, appends, and restores one of two histories, in turn, for ever. It says what it did after each step.
 * Arguments: the home, the folder of the backups, the number of the first step.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { restoreLog } from "../../../src/app/RestoreLog.ts"
import * as Live from "../../../src/cli/Live.ts"
import { backup } from "../../../src/events/Backup.ts"
import { EventLog } from "../../../src/events/EventLog.ts"
import { at } from "../../../src/events/Home.ts"
import { args, numberArg, say } from "./child.ts"
import { commandAt } from "./commands.ts"

const home = at(args[0] ?? "")
const folder = args[1] ?? ""
const layer = Live.log(home)

const backUp = (number: number) =>
  Effect.gen(function* () {
    const file = join(folder, `backup-${number}.db`)
    // It was finished, but not acknowledged, when the one before was killed.
    if (existsSync(file)) return
    const log = yield* EventLog
    yield* backup(log.database, file)
  }).pipe(Effect.provide(layer))

const append = (number: number) =>
  Effect.flatMap(EventLog, (log) => log.append(commandAt(number))).pipe(Effect.provide(layer))

const restore = (name: string) =>
  restoreLog(home, join(folder, name), layer, () => undefined).pipe(Effect.provide(Live.context(home)))

say("ready")
for (let number = numberArg(2); ; number++) {
  const step = number % 4
  if (step === 0) await Effect.runPromise(backUp(number))
  else if (step === 1) await Effect.runPromise(append(number))
  else await Effect.runPromise(restore(step === 2 ? "long.db" : "short.db"))
  say(number)
}
