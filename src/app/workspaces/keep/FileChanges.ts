/** Whether anything was changed in a worktree, whoever did it: by the times of its files, which nobody can set back. */
import { type Dirent, lstatSync, readdirSync } from "node:fs"
import { join } from "node:path"

/** A worktree of more files and folders than these is not looked through. */
export const mostEntries = 300_000

/** What git keeps, and what package managers put there: neither shows that somebody is at work by itself. */
const passedOver = new Set([".git", "node_modules"])

/**
 * When something changed last, if that was after `since`; both in milliseconds since 1970. Undefined: nothing did. "unknown": there is
 * too much to look at. It ends with the first change that is found, so there may be later ones.
 */
export const changeSince = (folder: string, since: number, most = mostEntries): number | "unknown" | undefined => {
  let left = most
  const folders = [folder]
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const changed = changedAt(next)
    if (changed > since) return changed
    for (const entry of entriesOf(next)) {
      if (passedOver.has(entry.name)) continue
      if (--left < 0) return "unknown"
      const path = join(next, entry.name)
      if (entry.isDirectory()) folders.push(path)
      else {
        const changed = changedAt(path)
        if (changed > since) return changed
      }
    }
  }
  return undefined
}

const changedAt = (path: string): number => lstatSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0

const entriesOf = (folder: string): ReadonlyArray<Dirent> => {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    // It went, or is not for us to read.
    return []
  }
}
