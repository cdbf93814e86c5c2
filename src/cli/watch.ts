/** `nexus watch`. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ChokidarWatcher from "../adapters/watch/ChokidarWatcher.ts"
import { checkoutHere, registerCheckout } from "../app/ProjectOf.ts"
import { type Notice, watch } from "../app/Watch.ts"
import { Repositories } from "../app/ports/Repositories.ts"
import { EventLog } from "../events/EventLog.ts"
import * as Projects from "../projections/Projects.ts"
import { globals } from "./Globals.ts"
import { Output } from "./Output.ts"
import { withLog } from "./withLog.ts"

const all = Options.boolean("all").pipe(Options.withDescription("Every checkout that is known, not only this one"))

export const watchCommand = Command.make("watch", { all, ...globals }, (given) =>
  withLog(
    Effect.gen(function* () {
      const output = yield* Output
      const places = given.all ? yield* known : [yield* here]
      yield* Stream.mergeAll(places.map(watch), { concurrency: "unbounded" }).pipe(
        Stream.runForEach((notice) => output.line(output.json ? JSON.stringify(notice) : lineOf(notice, output)))
      )
    }).pipe(Effect.provide(ChokidarWatcher.layer))
  )
).pipe(Command.withDescription("Keep what changes outside of agents' calls, until Ctrl-C; optional, it adds evidence"))

const here = Effect.gen(function* () {
  const checkout = yield* checkoutHere
  const { project } = yield* registerCheckout(checkout)
  return { project, checkout }
})

/** Those that are still there. */
const known = Effect.gen(function* () {
  const { database } = yield* EventLog
  const { checkoutOf } = yield* Repositories
  return Projects.list(database).flatMap(({ id, paths }) =>
    paths.flatMap((path) => {
      const checkout = checkoutOf(path)
      return checkout?.path === path ? [{ project: id, checkout }] : []
    })
  )
})

const lineOf = (notice: Notice, { style }: Output["Type"]): string => {
  switch (notice.kind) {
    case "watching":
      return style("dim", `Watching ${notice.checkout}. Ctrl-C ends it.`)
    case "written":
    case "deleted":
      return `${style("bold", notice.kind)} ${notice.path}`
    case "missed":
      return style("yellow", `Missed a change in ${notice.checkout}: ${notice.reason}`)
  }
}
