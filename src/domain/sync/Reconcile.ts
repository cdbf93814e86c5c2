/**
 * Two trees and the last one that both had in common → the one tree that both shall be, and what must not be lost on the way.
 *
 * Nothing is decided by time: clocks of two machines differ. Whatever the steps to that tree are cut short by, the next round
 * begins with what is there, and comes to the same end.
 */
import {
  type Entry,
  foldersAbove,
  isCovered,
  otherSide,
  parentOf,
  sameEntry,
  type SideName,
  type Tree
} from "./Entry.ts"
import { mergeEntry } from "./Merge.ts"
import { collisions, conflictName } from "./Names.ts"

/** What was found on a side. */
export interface Looked {
  readonly tree: Tree
  /** What the rules leave out, at its highest path. What was agreed on below it is forgotten. */
  readonly ignored: ReadonlySet<string>
  /** What cannot be synced or seen (a socket, an unreadable folder), at its highest path: nothing is done there on either side. */
  readonly unsynced: ReadonlySet<string>
}

export interface Situation {
  readonly ancestor: Tree
  readonly host: Looked
  readonly workspace: Looked
  /** Whose version keeps the name in a conflict. */
  readonly prefer: SideName
  /** Whether one of the sides takes names for the same that differ by case or by Unicode form. */
  readonly folds: boolean
}

/** Two versions, of which one is now beside the other. */
export interface Conflict {
  readonly path: string
  /** Where the other version is, on both sides. */
  readonly copy: string
  /** Whose version that is. */
  readonly side: SideName
  readonly entry: Entry
}

export interface Outcome {
  /** What both sides shall be, without what is left alone. */
  readonly merged: Tree
  readonly conflicts: ReadonlyArray<Conflict>
  /** Paths that one side deleted and the other changed: they stay. */
  readonly revived: ReadonlyArray<string>
  /** Paths that are one and the same on a side that folds names: left as they are. */
  readonly collisions: ReadonlyArray<ReadonlyArray<string>>
  /** Where nothing is done, at or below. */
  readonly leftAlone: ReadonlySet<string>
}

export const reconcile = (situation: Situation): Outcome => {
  const { host, workspace, folds } = situation
  const leftAlone = new Set([...host.ignored, ...workspace.ignored, ...host.unsynced, ...workspace.unsynced])
  const found: Array<ReadonlyArray<string>> = []
  for (;;) {
    const outcome = mergeTrees(situation, leftAlone)
    const more = folds ? collisions(outcome.merged.keys()) : []
    if (more.length === 0) return { ...outcome, collisions: found, leftAlone }
    // What is below two folders that are one collides as well: it is covered by them.
    const all = new Set(more.flat())
    const highest = more.filter((group) => group.some((path) => !isCovered(parentOf(path), all)))
    found.push(...highest)
    for (const path of highest.flat()) leftAlone.add(path)
  }
}

const mergeTrees = (
  { ancestor, host, workspace, prefer }: Situation,
  leftAlone: ReadonlySet<string>
): Pick<Outcome, "merged" | "conflicts" | "revived"> => {
  const merged = new Map<string, Entry>()
  const losers = new Map<string, SideName>()
  const revived: Array<string> = []
  const paths = new Set([...ancestor.keys(), ...host.tree.keys(), ...workspace.tree.keys()])
  for (const path of paths) {
    if (isCovered(path, leftAlone)) continue
    const versions = { ancestor: ancestor.get(path), host: host.tree.get(path), workspace: workspace.tree.get(path) }
    const { entry, loser, revivedBy } = mergeEntry(versions, prefer)
    if (entry !== undefined) merged.set(path, entry)
    if (loser !== undefined) losers.set(path, loser)
    if (revivedBy !== undefined && versions.ancestor !== undefined) revived.push(path)
  }
  // What stays needs its folders, whatever became of them; a file in such a place is kept beside the folder.
  for (const path of foldersAbove(merged.keys())) {
    const entry = merged.get(path)
    if (isCovered(path, leftAlone) || entry?.kind === "folder") continue
    if (entry !== undefined) losers.set(path, sameEntry(host.tree.get(path), entry) ? "host" : "workspace")
    merged.set(path, { kind: "folder" })
  }
  const conflicts: Array<Conflict> = []
  for (const [path, side] of losers) {
    const entry = { host, workspace }[side].tree.get(path)
    if (entry === undefined || entry.kind === "folder") continue
    const isTaken = (copy: string) =>
      isCovered(copy, leftAlone) ||
      [merged, host.tree, workspace.tree].some((tree) => tree.has(copy) && !sameEntry(tree.get(copy), entry))
    let turn = 0
    while (isTaken(conflictName(path, side, entry, turn))) turn++
    const copy = conflictName(path, side, entry, turn)
    merged.set(copy, entry)
    conflicts.push({ path, copy, side, entry })
  }
  return { merged, conflicts, revived }
}

/**
 * What both sides have agreed on after a round. `undone`: paths at which a side is not what it should be yet; what was agreed on
 * before holds there still, and so it does where nothing is done.
 */
export const remembered = (
  { ancestor, host, workspace }: Pick<Situation, "ancestor" | "host" | "workspace">,
  { merged, leftAlone }: Pick<Outcome, "merged" | "leftAlone">,
  undone: ReadonlySet<string>
): Tree => {
  const next = new Map<string, Entry>()
  for (const [path, entry] of merged) if (!undone.has(path)) next.set(path, entry)
  for (const [path, entry] of ancestor) {
    if (isCovered(path, host.ignored) || isCovered(path, workspace.ignored)) continue
    if (undone.has(path) || isCovered(path, leftAlone)) next.set(path, entry)
  }
  return next
}

/** The side from which a file's content can be had for another, and where it is there. */
export const sourceOf = (
  path: string,
  hash: string,
  side: SideName,
  { host, workspace }: Pick<Situation, "host" | "workspace">,
  copies: ReadonlyMap<string, Conflict>
): { readonly side: SideName; readonly path: string } | undefined => {
  const other = otherSide(side)
  const there = { host, workspace }[other].tree.get(path)
  if (there?.kind === "file" && there.hash === hash) return { side: other, path }
  const conflict = copies.get(path)
  return conflict === undefined ? undefined : { side: conflict.side, path: conflict.path }
}
