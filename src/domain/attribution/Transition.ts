/**
 * What became of a file's lines from one content to the next: which stayed, moved, were laid out anew, changed in part, are
 * new, are gone. The one place where contents are compared; everything else is bookkeeping of owners.
 */
import { align, type Run } from "./Align.ts"
import { inherited, type Part } from "./Tokens.ts"

/**
 * The ways of comparing that ever were, by version. What a newer one says differently is shown by
 * `nexus trace diff --algorithm A..B`.
 * 1: lines that are equal, and nothing else. 2: formatting, changed columns and moves as well.
 */
export const algorithms = [1, 2] as const
export type Algorithm = (typeof algorithms)[number]
export const currentAlgorithm: Algorithm = 2

/** Where a line that is not simply unchanged comes from. 0-based. */
export type Source =
  /** The line was moved within the file. */
  | { readonly kind: "moved"; readonly line: number }
  /** The same tokens, laid out anew. */
  | { readonly kind: "kept"; readonly parts: ReadonlyArray<Part> }
  /** Some columns come from old lines (`Part.line` counts from the file's start); the others are new. */
  | { readonly kind: "changed"; readonly parts: ReadonlyArray<Part> }

/** `removed` lines from `old` on gave way to `added` lines from `fresh` on. 0-based. */
export interface Hunk {
  readonly old: number
  readonly removed: number
  readonly fresh: number
  readonly added: number
  /** By index in the added lines; lines without one are new. */
  readonly sources: ReadonlyMap<number, Source>
}

export interface Transition {
  readonly hunks: ReadonlyArray<Hunk>
  /** How many lines there are afterwards. */
  readonly lines: number
}

export const transition = (
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>,
  algorithm: Algorithm = currentAlgorithm
): Transition => {
  const bare = hunksBetween(align(before, after), before.length, after.length)
  const hunks = algorithm === 1 ? bare : withSources(bare, before, after)
  return { hunks, lines: after.length }
}

/** The same between equal lines: so many in front of it, so many behind it. */
export const shifted = ({ hunks, lines }: Transition, head: number, tail: number): Transition => ({
  hunks: hunks.map(({ old, fresh, sources, ...hunk }) => ({
    ...hunk,
    old: old + head,
    fresh: fresh + head,
    sources: new Map([...sources].map(([index, source]) => [index, shiftedSource(source, head)]))
  })),
  lines: head + lines + tail
})

const shiftedSource = (source: Source, by: number): Source =>
  source.kind === "moved"
    ? { ...source, line: source.line + by }
    : { ...source, parts: source.parts.map((part) => ({ ...part, line: part.line + by })) }

type Bare = Omit<Hunk, "sources"> & { readonly sources: Map<number, Source> }

/** What lies between the runs of equal lines. */
const hunksBetween = (runs: ReadonlyArray<Run>, before: number, after: number): ReadonlyArray<Bare> => {
  const hunks: Array<Bare> = []
  let a = 0
  let b = 0
  for (const run of [...runs, { a: before, b: after, length: 0 }]) {
    if (run.a > a || run.b > b)
      hunks.push({ old: a, removed: run.a - a, fresh: b, added: run.b - b, sources: new Map() })
    a = run.a + run.length
    b = run.b + run.length
  }
  return hunks
}

const withSources = (
  hunks: ReadonlyArray<Bare>,
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>
): ReadonlyArray<Hunk> => {
  if (!hunks.some(({ removed }) => removed > 0) || !hunks.some(({ added }) => added > 0)) return hunks
  const moved = movesBetween(hunks, before, after)
  const gone = new Set(moved.values())
  for (const hunk of hunks) {
    const oldLines = range(hunk.old, hunk.removed).filter((line) => !gone.has(line))
    const freshLines = range(hunk.fresh, hunk.added).filter((line) => !moved.has(line))
    const found = inherited(
      oldLines.map((line) => before[line] ?? ""),
      freshLines.map((line) => after[line] ?? "")
    )
    for (const [index, line] of freshLines.entries()) {
      const source = found[index]
      if (source === undefined) continue
      const parts = source.parts.map((part) => ({ ...part, line: oldLines[part.line] ?? 0 }))
      hunk.sources.set(line - hunk.fresh, { kind: source.kept ? "kept" : "changed", parts })
    }
    for (const [line, from] of moved) {
      if (line >= hunk.fresh && line < hunk.fresh + hunk.added)
        hunk.sources.set(line - hunk.fresh, { kind: "moved", line: from })
    }
  }
  return hunks
}

/**
 * New line → the removed line that it is. Only lines that say something, that went from one place and came to one place;
 * lines around them that went along (blank ones, brackets) go with them.
 */
const movesBetween = (
  hunks: ReadonlyArray<Hunk>,
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>
): ReadonlyMap<number, number> => {
  const removed = placesOf(
    hunks.flatMap(({ old, removed }) => range(old, removed)),
    before
  )
  const added = placesOf(
    hunks.flatMap(({ fresh, added }) => range(fresh, added)),
    after
  )
  const moved = new Map<number, number>()
  const begin = [...added].flatMap(([text, [to = 0, ...more]]) => {
    const from = removed.get(text)
    return from?.length === 1 && more.length === 0 && saysSomething(text) ? [[to, from[0] ?? 0] as const] : []
  })
  if (begin.length === 0) return moved
  const taken = new Set<number>()
  const isRemoved = new Set([...removed.values()].flat())
  const isAdded = new Set([...added.values()].flat())
  const take = (to: number, from: number): boolean => {
    const fits =
      isAdded.has(to) && isRemoved.has(from) && !moved.has(to) && !taken.has(from) && after[to] === before[from]
    if (fits) {
      moved.set(to, from)
      taken.add(from)
    }
    return fits
  }
  for (const [target, source] of begin) {
    if (!take(target, source)) continue
    for (let step = 1; take(target + step, source + step); step++);
    for (let step = 1; take(target - step, source - step); step++);
  }
  return moved
}

const saysSomething = (text: string): boolean => (text.match(/[\p{L}\p{N}]/gu)?.length ?? 0) >= 3

const placesOf = (lines: ReadonlyArray<number>, texts: ReadonlyArray<string>): Map<string, Array<number>> => {
  const places = new Map<string, Array<number>>()
  for (const line of lines) {
    const text = texts[line] ?? ""
    const known = places.get(text)
    if (known === undefined) places.set(text, [line])
    else known.push(line)
  }
  return places
}

const range = (from: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, index) => from + index)

/** Compact JSON for a row: `[lines, [old, removed, fresh, added, [[index, kind, …]]]…]`. */
export const encode = ({ hunks, lines }: Transition): string =>
  JSON.stringify([
    lines,
    ...hunks.map(({ old, removed, fresh, added, sources }) => {
      const told = [...sources].map(([index, source]) =>
        source.kind === "moved"
          ? [index, 0, source.line]
          : [
              index,
              source.kind === "kept" ? 1 : 2,
              ...source.parts.flatMap((part) => [part.start, part.end, part.line, part.from])
            ]
      )
      return told.length === 0 ? [old, removed, fresh, added] : [old, removed, fresh, added, told]
    })
  ])

export const decode = (text: string): Transition => {
  const [lines, ...hunks] = JSON.parse(text) as [
    number,
    ...Array<[number, number, number, number, Array<Array<number>>?]>
  ]
  return {
    lines,
    hunks: hunks.map(([old, removed, fresh, added, told = []]) => ({
      old,
      removed,
      fresh,
      added,
      sources: new Map(told.map(([index = 0, kind = 0, ...rest]) => [index, sourceOf(kind, rest)] as const))
    }))
  }
}

const sourceOf = (kind: number, numbers: ReadonlyArray<number>): Source => {
  if (kind === 0) return { kind: "moved", line: numbers[0] ?? 0 }
  const parts: Array<Part> = []
  for (let at = 0; at + 3 < numbers.length; at += 4) {
    const [start = 0, end = 0, line = 0, from = 0] = numbers.slice(at, at + 4)
    parts.push({ start, end, line, from })
  }
  return { kind: kind === 1 ? "kept" : "changed", parts }
}
