/** What a log has stored, read without the program. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Blobs from "../../src/events/Blobs.ts"
import * as Database from "../../src/events/Database.ts"
import type { World } from "./cli.ts"

/** Every stored content, by its hash. */
export const storedContents = (world: World): Promise<ReadonlyMap<string, Buffer>> =>
  Effect.runPromise(
    Effect.acquireUseRelease(
      Database.openReadOnly(join(world.home, "nexus.db")),
      (database) =>
        Effect.gen(function* () {
          const contents = new Map<string, Buffer>()
          const blobs = Blobs.make(database)
          for (const hash of database.prepare("SELECT hash FROM blobs").pluck().all() as ReadonlyArray<string>) {
            contents.set(hash, (yield* blobs.get(hash)) ?? Buffer.alloc(0))
          }
          return contents
        }),
      Database.close
    )
  )

/** Changes the log behind the program's back, as somebody with a database tool would. */
export const tamper = (world: World, sql: string): Promise<void> =>
  Effect.runPromise(
    Effect.acquireUseRelease(
      Database.open(join(world.home, "nexus.db")),
      (database) => Effect.sync(() => void database.sqlite.exec(sql)),
      Database.close
    )
  )
