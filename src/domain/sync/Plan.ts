/** The steps by which a side becomes the tree that both shall be. */
import { byPath, type Entry, type File, foldersAbove, isCovered, type Link, type SideName, type Tree } from "./Entry.ts"
import { type Conflict, type Looked, type Outcome, type Situation, sourceOf } from "./Reconcile.ts"

/** Where the content of a file is to be had. */
export interface Source {
  readonly side: SideName
  readonly path: string
}

interface At {
  readonly path: string
  /** A copy that must be on this side before: it holds what this step takes away. */
  readonly needs?: string
}

/** Of a file, a link or an empty folder. */
export interface Remove extends At {
  readonly do: "remove"
  readonly was: Entry
}
export interface MakeFolder extends At {
  readonly do: "folder"
}
/** `was`: what it replaces at once. */
export interface PutFile extends At {
  readonly do: "file"
  readonly entry: File
  readonly was?: Entry
  readonly from: Source
}
export interface PutLink extends At {
  readonly do: "link"
  readonly entry: Link
  readonly was?: Entry
}
export interface ChangeMode extends At {
  readonly do: "mode"
  readonly entry: File
  readonly was: File
}
export type Step = Remove | MakeFolder | PutFile | PutLink | ChangeMode

export interface Plan {
  /** In the order in which they must be done: copies, removals from below, folders from above, the rest. */
  readonly steps: ReadonlyArray<Step>
  /** Folders that should go and stay, since there is something in them that is not synced. */
  readonly kept: ReadonlyArray<string>
}

export const planOf = (side: SideName, situation: Situation, outcome: Outcome): Plan => {
  const looked = situation[side]
  const copies = new Map(outcome.conflicts.map((conflict) => [conflict.copy, conflict]))
  const losers = new Map(outcome.conflicts.filter((lost) => lost.side === side).map(({ path, copy }) => [path, copy]))
  const leftHere = [...outcome.leftAlone].filter((path) => looked.tree.has(path))
  const held = foldersAbove([...looked.ignored, ...looked.unsynced, ...leftHere])
  const kept: Array<string> = []
  const first: Array<Step> = []
  const removals: Array<Step> = []
  const folders: Array<Step> = []
  const rest: Array<Step> = []
  for (const [path, was] of looked.tree) {
    const entry = outcome.merged.get(path)
    if (
      isCovered(path, outcome.leftAlone) ||
      (entry !== undefined && (entry.kind === "folder") === (was.kind === "folder"))
    )
      continue
    if (was.kind === "folder" && held.has(path)) kept.push(path)
    else removals.push({ do: "remove", path, was, ...needing(losers, path) })
  }
  const unmade = new Set(kept)
  for (const [path, entry] of outcome.merged) {
    if (unmade.has(path)) continue
    const step = stepTo(path, entry, side, { situation, tree: looked.tree, copies, losers })
    if (step === undefined) continue
    if (copies.has(path)) first.push(step)
    else (step.do === "folder" ? folders : rest).push(step)
  }
  return {
    steps: [
      ...first.sort(byPath),
      ...removals.sort((a, b) => byPath(b, a)),
      ...folders.sort(byPath),
      ...rest.sort(byPath)
    ],
    kept
  }
}

interface Around {
  readonly situation: Situation
  readonly tree: Tree
  readonly copies: ReadonlyMap<string, Conflict>
  readonly losers: ReadonlyMap<string, string>
}

const stepTo = (path: string, entry: Entry, side: SideName, around: Around): Step | undefined => {
  const there = around.tree.get(path)
  if (entry.kind === "folder") return there?.kind === "folder" ? undefined : { do: "folder", path }
  const at = { path, ...needing(around.losers, path) }
  const was = there === undefined || there.kind === "folder" ? {} : { was: there }
  if (entry.kind === "link")
    return there?.kind === "link" && there.target === entry.target ? undefined : { do: "link", ...at, entry, ...was }
  if (there?.kind === "file" && there.hash === entry.hash)
    return there.executable === entry.executable ? undefined : { do: "mode", ...at, entry, was: there }
  const from = sourceOf(path, entry.hash, side, around.situation, around.copies)
  return from === undefined ? undefined : { do: "file", ...at, entry, ...was, from }
}

const needing = (losers: ReadonlyMap<string, string>, path: string): { readonly needs?: string } => {
  const needs = losers.get(path)
  return needs === undefined ? {} : { needs }
}

/** How many files, links and folders were seen on a side. */
export interface Census {
  readonly files: number
  readonly links: number
  readonly folders: number
}

export const censusOf = ({ tree }: Looked): Census => {
  const census = { files: 0, links: 0, folders: 0 }
  for (const { kind } of tree.values()) census[`${kind}s`]++
  return census
}
