/** What differs between two trees. Folders with the same hash are not looked into. */
import type { TreeChange } from "../../app/ports/TreeStore.ts"
import type { Entry } from "./Entries.ts"
import { shown, within } from "./Paths.ts"

export interface Difference {
  readonly path: string
  readonly from?: Entry
  readonly to?: Entry
}

export type Open = (folder: Entry) => ReadonlyArray<Entry>

/** Each entry that is not the same on both sides, folders before what is in them. A folder itself differs by its mode only. */
export const differences = (
  from: ReadonlyArray<Entry>,
  to: ReadonlyArray<Entry>,
  open: { readonly from: Open; readonly to: Open },
  path = ""
): ReadonlyArray<Difference> => {
  const found: Array<Difference> = []
  const earlier = new Map(from.map((entry) => [entry.name, entry]))
  const all = (entry: Entry | undefined, side: Open) => (entry?.type === "d" ? side(entry) : [])
  const visit = (name: string, before: Entry | undefined, after: Entry | undefined) => {
    const inner = within(path, name)
    const isFolder = { before: before?.type === "d", after: after?.type === "d" }
    if (before === undefined || after === undefined || !isSame(before, after))
      found.push({ path: inner, ...(before && { from: before }), ...(after && { to: after }) })
    if (isFolder.before && isFolder.after && before?.hash === after?.hash) return
    if (isFolder.before || isFolder.after)
      found.push(...differences(all(before, open.from), all(after, open.to), open, inner))
  }
  for (const after of to) {
    visit(after.name, earlier.get(after.name), after)
    earlier.delete(after.name)
  }
  for (const before of earlier.values()) visit(before.name, before, undefined)
  return found
}

const isSame = (a: Entry, b: Entry): boolean =>
  a.type === b.type && a.mode === b.mode && (a.type === "d" || a.hash === b.hash)

/** In the port's words: folders end with a slash and are named where they are empty on one side, or differ in mode. */
export const changes = (found: ReadonlyArray<Difference>): ReadonlyArray<TreeChange> =>
  found
    .flatMap(({ path, from, to }): ReadonlyArray<TreeChange> => {
      const name = shown(path) + ((to ?? from)?.type === "d" ? "/" : "")
      if (from === undefined || to === undefined) {
        const only = to ?? from
        return only?.type === "d" && only.hash !== emptyFolder
          ? []
          : [{ path: name, change: from ? "removed" : "added" }]
      }
      if (kind(from) !== kind(to)) return [{ path: shown(path), change: "type" }]
      return [{ path: name, change: from.type !== "d" && from.hash !== to.hash ? "content" : "mode" }]
    })
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))

const kind = ({ type }: Entry): string => (type === "c" ? "f" : type)

/** The SHA-256 of nothing: a folder without entries. */
const emptyFolder = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
