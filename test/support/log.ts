/** A log in a folder of its own, with every projection, for tests. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Entropy } from "../../src/events/Entropy.ts"
import type { EventLog } from "../../src/events/EventLog.ts"
import * as SqliteEventLog from "../../src/events/SqliteEventLog.ts"
import { all } from "../../src/projections/all.ts"
import type { Projection } from "../../src/projections/Projection.ts"
import { observer, Projections } from "../../src/projections/Projections.ts"

/** A folder that is gone after the test. */
export const scratch = (): { readonly path: string; readonly [Symbol.dispose]: () => void } => {
  const path = mkdtempSync(join(tmpdir(), "nexus-test-"))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** The log at `path`, as the program opens it. */
export const logAt = (path: string, projections: ReadonlyArray<Projection> = all) =>
  Projections.layer(projections).pipe(
    Layer.provideMerge(SqliteEventLog.layer(path)),
    Layer.provide([Entropy.layer, observer(projections)])
  )

/** Runs a program on a log in a scratch folder. */
export const onLog = <A, E>(program: Effect.Effect<A, E, EventLog | Projections>): Promise<A> => {
  const folder = scratch()
  return Effect.runPromise(program.pipe(Effect.provide(logAt(join(folder.path, "nexus.db"))))).finally(() =>
    folder[Symbol.dispose]()
  )
}
