/** A checkout as it was when it was looked through, with what could not be had again: what files held that git has not. */
import type { HeadMove } from "../ports/History.ts"
import type { Secrets } from "../ports/Secrets.ts"
import type { ContentId, Look } from "../ports/WorkingTree.ts"
import { cleanContent, type CleanContent } from "../ContentStore.ts"

/** More than this, in bytes, is not kept of one checkout; nor is more than can be searched for secrets in this time (ms). */
const mostKept = 32 * 1024 * 1024
const longestSearch = 400

export interface KeptFile {
  readonly id: ContentId | undefined
  readonly stamp: string
  readonly content?: CleanContent
}

export interface Snapshot {
  /** See `Look.index`. */
  readonly index: string
  /** See `Look.loose`. */
  readonly loose: ReadonlyMap<string, KeptFile | null>
  /** How many entries HEAD's reflog had. */
  readonly moves: number
  /** What the last of them led to. */
  readonly head: string | undefined
}

/** `earlier`: of the same checkout; what it holds of files that were not read again. */
export const snapshotOf = (
  { index, loose: files }: Look,
  moves: ReadonlyArray<HeadMove>,
  redact: Secrets["Type"]["redact"],
  earlier?: Snapshot
): Snapshot => {
  const loose = new Map<string, KeptFile | null>()
  const deadline = performance.now() + longestSearch
  let left = mostKept
  for (const [path, file] of files) {
    if (file === null) {
      loose.set(path, null)
      continue
    }
    const { id, stamp, content } = file
    const known = earlier?.loose.get(path)
    const isKept = content !== undefined && content.length <= left && performance.now() < deadline
    const kept = isKept ? cleanContent(content, redact) : known?.id === id ? known?.content : undefined
    left -= kept?.copy?.length ?? 0
    loose.set(path, { id, stamp, ...(kept === undefined ? {} : { content: kept }) })
  }
  return { index, loose, moves: moves.length, head: moves.at(-1)?.to }
}

/** A file that is not what it was. Undefined: there is none; an id that is undefined is not known. */
export interface Change {
  readonly path: string
  readonly before: { readonly id: ContentId | undefined } | undefined
  readonly after: { readonly id: ContentId | undefined } | undefined
}

/** What the index had, and has, of files: at least of those that are loose in one look alone. */
export interface Indexed {
  readonly before: ReadonlyMap<string, ContentId>
  readonly after: ReadonlyMap<string, ContentId>
}

/** What differs, by content as far as that is known, and else by what `stat` says. */
export const changesSince = (snapshot: Snapshot, look: Look, indexed: Indexed): ReadonlyArray<Change> => {
  const state = (
    path: string,
    loose: ReadonlyMap<string, State | null>,
    index: ReadonlyMap<string, ContentId>
  ): State | undefined => (loose.has(path) ? (loose.get(path) ?? undefined) : entry(index.get(path)))
  const paths = new Set([...snapshot.loose.keys(), ...look.loose.keys()])
  for (const [path, id] of indexed.before) if (indexed.after.get(path) !== id) paths.add(path)
  for (const path of indexed.after.keys()) if (!indexed.before.has(path)) paths.add(path)
  return [...paths].toSorted().flatMap((path): ReadonlyArray<Change> => {
    const before = state(path, snapshot.loose, indexed.before)
    const after = state(path, look.loose, indexed.after)
    return isSame(before, after) ? [] : [{ path, before, after }]
  })
}

const isSame = (before: State | undefined, after: State | undefined): boolean => {
  if (before === undefined || after === undefined) return before === after
  if (before.id !== undefined && after.id !== undefined) return before.id === after.id
  return before.stamp !== "" && before.stamp === after.stamp
}

interface State {
  readonly id: ContentId | undefined
  readonly stamp: string
}

const entry = (id: ContentId | undefined): State | undefined =>
  id === undefined ? undefined : { id, stamp: "indexed" }

export interface Origin {
  readonly path: string
  /** Whether the file is still there: it was copied. */
  readonly stays: boolean
}

/**
 * Where created files come from: as the command's words say (`named`), or from a file that is gone and had the same content.
 */
export const originsOf = (
  changes: ReadonlyArray<Change>,
  existed: (path: string) => boolean,
  named: (path: string) => Origin | undefined
): ReadonlyMap<string, Origin> => {
  const origins = new Map<string, Origin>()
  const gone = new Map(changes.flatMap(({ path, before, after }) => (after === undefined ? [[path, before?.id]] : [])))
  const created = changes.filter(({ before }) => before === undefined)
  for (const { path } of created) {
    const origin = named(path)
    if (origin === undefined || !existed(origin.path)) continue
    origins.set(path, origin)
    if (!origin.stays) gone.delete(origin.path)
  }
  for (const { path, after } of created) {
    if (origins.has(path) || after?.id === undefined || after.id === empty) continue
    const alike = [...gone].filter(([, id]) => id === after.id).map(([from]) => from)
    const from = alike.find((one) => nameOf(one) === nameOf(path)) ?? alike[0]
    if (from === undefined) continue
    gone.delete(from)
    origins.set(path, { path: from, stays: false })
  }
  return origins
}

/** The blob id of no content, which says nothing about where it comes from. */
const empty = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1)
