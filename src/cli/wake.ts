/**
 * The hook of an idle conversation (`nexus hook AGENT --wake`): stays until what a person had to do is done, and ends with code 2 and
 * what is left on stderr, by which the client wakes the conversation. Where there is nothing to wait for, it ends at once.
 *
 * It holds no log open meanwhile: it looks at the log's files once a second, and into the log when they are different.
 */
import { statSync } from "node:fs"
import { setTimeout } from "node:timers/promises"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { type Look, lookAfter } from "../app/boulder/Wake.ts"
import { ingest } from "../app/Ingest.ts"
import type { JsonObject } from "../app/ports/Agent.ts"
import { longestRun } from "../domain/boulder/Limits.ts"
import type { Home } from "../events/Home.ts"
import { describeHookFailure } from "./hookFailure.ts"
import * as Live from "./Live.ts"
import { print } from "./print.ts"

/** Between two looks at the files of the log; milliseconds. */
const pace = 1000

export const wake = async (agent: string, payload: JsonObject, home: Home): Promise<void> => {
  const client = process.ppid
  const until = Date.now() + longestRun
  let since: number | null = null
  while (Date.now() < until && process.ppid === client) {
    const seen = stateOf(home)
    const found: Look = await look(agent, payload, since, home)
    if (found.kind === "over") return
    if (found.kind === "woken") {
      print(2, `${found.text}\n`)
      process.exitCode = 2
      return
    }
    since = found.decision
    // Whoever started this may be gone without a word.
    do await setTimeout(pace)
    while (stateOf(home) === seen && Date.now() < until && process.ppid === client)
  }
}

const look = async (agent: string, payload: JsonObject, since: number | null, home: Home): Promise<Look> => {
  const exit = await Effect.runPromiseExit(
    Effect.zipRight(ingest(), lookAfter(agent, payload, since)).pipe(Effect.provide(Live.live(home)))
  )
  if (Exit.isSuccess(exit)) return exit.value
  print(2, `nexus: ${describeHookFailure(Cause.squash(exit.cause), true)}\n`)
  return { kind: "over" }
}

/** Of the log's files, and of what waits to be recorded: different after anything happened. */
const stateOf = (home: Home): string =>
  [home.log, `${home.log}-wal`, `${home.spool}/new`]
    .map((file) => statSync(file, { throwIfNoEntry: false }))
    .map((stat) => (stat === undefined ? "" : `${stat.mtimeMs} ${stat.size}`))
    .join()
