/** Which process looks after workspaces: the one that holds a lock. */
import type { Home } from "../../../events/Home.ts"
import { takeLock } from "../../../events/Lock.ts"

/** Held by the one process that looks after this log's workspaces. */
export const lockOf = (home: Home): string => `${home.keeper}.lock`

/** Whether one does. */
export const isKept = (home: Home): boolean => {
  const lock = takeLock(lockOf(home))
  lock?.release()
  return lock === undefined
}
