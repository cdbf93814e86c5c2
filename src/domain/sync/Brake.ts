/** The brake: when so much is gone at once from one side that it is rather an accident than a wish. */
import { isCovered, type Tree } from "./Entry.ts"
import type { Looked } from "./Reconcile.ts"

export interface BrakeLimits {
  /** More files and links than this must be gone, … */
  readonly files: number
  /** … and more than this share of all that were there, 0 to 1. */
  readonly share: number
}

export const usualLimits: BrakeLimits = { files: 20, share: 0.5 }

export interface Vanished {
  readonly gone: number
  readonly of: number
}

/** Undefined when it is to go on. Folders do not count. */
export const brake = (ancestor: Tree, side: Looked, limits: BrakeLimits): Vanished | undefined => {
  let gone = 0
  let of = 0
  for (const [path, entry] of ancestor) {
    if (entry.kind === "folder") continue
    of++
    if (!side.tree.has(path) && !isCovered(path, side.ignored) && !isCovered(path, side.unsynced)) gone++
  }
  return gone > limits.files && gone > of * limits.share ? { gone, of } : undefined
}
