/** Backups of small logs, and what can be wrong with them. */
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import { backup } from "../../../src/events/Backup.ts"
import { EventLog } from "../../../src/events/EventLog.ts"
import { verify } from "../../../src/events/Verify.ts"
import { scratch } from "../../support/log.ts"
import { commit, onLogAt } from "./samples.ts"

export const append = (...texts: ReadonlyArray<string>) =>
  Effect.flatMap(EventLog, (log) => log.append([commit("s", texts)]))

export const backUp = (file: string) => Effect.flatMap(EventLog, ({ database }) => backup(database, file))

export const verified = Effect.flatMap(EventLog, ({ database }) => verify(database))

/** A home with a log that holds `texts`, and a backup of it. */
export const withBackup = async (...texts: ReadonlyArray<string>) => {
  const folder = scratch()
  const path = join(folder.path, "nexus.db")
  const file = join(folder.path, "nexus.bak")
  await onLogAt(path, append(...texts).pipe(Effect.zipRight(backUp(file))))
  return { folder: folder.path, path, file, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

/** Changes the first event. */
export const damage = (file: string): void => {
  const sqlite = new Sqlite(file)
  sqlite.exec("DROP TRIGGER events_keep; UPDATE events SET time = time + 1 WHERE position = 1")
  sqlite.close()
}
