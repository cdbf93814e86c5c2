// Nexus as its own program opens it: chain, receipts and every projection included.
import { join } from "node:path"
import * as Effect from "../../node_modules/effect/dist/esm/Effect.js"
import * as Exit from "../../node_modules/effect/dist/esm/Exit.js"
import * as Layer from "../../node_modules/effect/dist/esm/Layer.js"
import * as Scope from "../../node_modules/effect/dist/esm/Scope.js"
import * as Live from "../../src/cli/Live.ts"
import { EventLog } from "../../src/events/EventLog.ts"
import * as Home from "../../src/events/Home.ts"

export const open = async (folder) => {
  const scope = Effect.runSync(Scope.make())
  const context = await Effect.runPromise(Layer.buildWithScope(Live.log(Home.at(join(folder, "home"))), scope))
  const run = (effect) => Effect.runPromise(Effect.provide(effect, context))
  const level = await run(Effect.map(EventLog, (log) => log.database.sqlite.pragma("synchronous", { simple: true })))
  return {
    name: "Nexus (hash chain, all projections)",
    durability: `WAL, synchronous=${level}`,
    append: (batches) =>
      run(
        Effect.gen(function* () {
          const log = yield* EventLog
          for (const { stream, events } of batches) {
            const session = `claude:${stream}`
            yield* log.append([{ stream: `session/${session}`, correlation: session, actor: events[0].actor, events }])
          }
        })
      ),
    readAll: () =>
      run(
        Effect.gen(function* () {
          const log = yield* EventLog
          let after = 0
          for (;;) {
            const page = yield* log.page({ after }, 2000)
            if (page.length === 0) return after
            after = page.at(-1).position
          }
        })
      ),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
