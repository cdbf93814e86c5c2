/** Syncs two folders, round after round, until it is killed: node sync.ts HOST WORKSPACE MEMORY */
import * as Effect from "effect/Effect"
import * as SqliteMemory from "../../../../src/adapters/sync/SqliteMemory.ts"
import * as LocalSide from "../../../../src/adapters/sync/local/LocalSide.ts"
import { runRound } from "../../../../src/app/sync/Round.ts"
import { makeSession } from "../../../../src/app/sync/SyncSession.ts"

const [host = "", workspace = "", memory = ""] = process.argv.slice(2)

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const session = makeSession({
        host: LocalSide.make("host", host),
        workspace: LocalSide.make("workspace", workspace),
        memory: yield* SqliteMemory.make(memory)
      })
      process.stdout.write("ready\n")
      for (;;) yield* runRound(session)
    })
  )
)
