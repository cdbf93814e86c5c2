/** What is to be done to make one tree of another, in an order in which it can be done. Pure. */
import type { Difference } from "./Difference.ts"
import type { Entry } from "./Entries.ts"

export interface Put {
  readonly path: string
  readonly entry: Entry
  /** What is there now. */
  readonly replaces: boolean
}

export interface Plan {
  readonly removes: ReadonlyArray<string>
  /** The innermost first. */
  readonly removedFolders: ReadonlyArray<string>
  /** The outermost first. */
  readonly newFolders: ReadonlyArray<{ readonly path: string; readonly mode: number }>
  readonly puts: ReadonlyArray<Put>
  /** Last: a folder may not be written in afterwards. */
  readonly modes: ReadonlyArray<{ readonly path: string; readonly mode: number; readonly before: number }>
}

export const plan = (found: ReadonlyArray<Difference>): Plan => {
  const removes: Array<string> = []
  const removedFolders: Array<string> = []
  const newFolders: Array<{ path: string; mode: number }> = []
  const puts: Array<Put> = []
  const modes: Array<{ path: string; mode: number; before: number }> = []
  for (const { path, from, to } of found) {
    const was = from === undefined ? undefined : from.type === "d" ? "folder" : "file"
    const is = to === undefined ? undefined : to.type === "d" ? "folder" : "file"
    if (was === "folder" && is !== "folder") removedFolders.unshift(path)
    if (was === "file" && is !== "file") removes.push(path)
    if (to === undefined) continue
    if (is === "folder" && was !== "folder") newFolders.push({ path, mode: to.mode })
    else if (is === "file" && !(was === "file" && isOnlyMode(from, to)))
      puts.push({ path, entry: to, replaces: was === "file" })
    else if (from !== undefined) modes.unshift({ path, mode: to.mode, before: from.mode })
  }
  return { removes, removedFolders, newFolders, puts, modes }
}

const isOnlyMode = (from: Entry | undefined, to: Entry): boolean =>
  from !== undefined && from.type === to.type && from.hash === to.hash && to.type !== "l"
