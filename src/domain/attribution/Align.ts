/**
 * Two sequences of lines aligned in order: which line of the one is which of the other.
 *
 * Patience first (lines that occur once on both sides, in the longest order that both share: Bram Cohen's patience diff),
 * so that boilerplate never ties unrelated code together; between these anchors Myers (1986) on what both sides have.
 * Ambiguous insertions lie as late as possible, as in git before its indent heuristic.
 */
import { lcs } from "fast-myers-diff"

/** `length` lines from `a` (of the one) are those from `b` (of the other). 0-based. */
export interface Run {
  readonly a: number
  readonly b: number
  readonly length: number
}

/** In order, neither touching nor overlapping on both sides at once. */
export const align = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): ReadonlyArray<Run> => {
  const runs: Array<Run> = []
  const ids = new Map<string, number>()
  const numbered = (lines: ReadonlyArray<string>, from: number, to: number) => {
    const numbers = new Int32Array(to - from)
    for (let index = from; index < to; index++) {
      const line = lines[index] ?? ""
      let id = ids.get(line)
      if (id === undefined) ids.set(line, (id = ids.size))
      numbers[index - from] = id
    }
    return numbers
  }
  const shortest = Math.min(a.length, b.length)
  let head = 0
  while (head < shortest && a[head] === b[head]) head++
  let tail = 0
  while (tail < shortest - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  if (head > 0) runs.push({ a: 0, b: 0, length: head })
  between(numbered(a, head, a.length - tail), numbered(b, head, b.length - tail), head, head, runs)
  if (tail > 0) add(runs, a.length - tail, b.length - tail, tail)
  return runs
}

/** Aligns two sequences of numbers that stand at `atA` and `atB`. */
const between = (a: Int32Array, b: Int32Array, atA: number, atB: number, runs: Array<Run>): void => {
  if (a.length === 0 || b.length === 0) return
  const anchors = anchorsOf(a, b)
  if (anchors.length === 0) return inGap(a, b, atA, atB, runs)
  let lastA = 0
  let lastB = 0
  for (const [index, other] of [...anchors, [a.length, b.length] as const]) {
    // Equal lines around an anchor belong to it, whether they occur once or not.
    let backA = index
    let backB = other
    while (backA > lastA && backB > lastB && a[backA - 1] === b[backB - 1]) {
      backA -= 1
      backB -= 1
    }
    between(a.subarray(lastA, backA), b.subarray(lastB, backB), atA + lastA, atB + lastB, runs)
    let endA = Math.min(index + 1, a.length)
    let endB = Math.min(other + 1, b.length)
    if (endA > backA) add(runs, atA + backA, atB + backB, endA - backA)
    lastA = endA
    lastB = endB
  }
}

const inGap = (a: Int32Array, b: Int32Array, atA: number, atB: number, runs: Array<Run>): void => {
  // What the other side does not have can match nothing; without it, even a rewrite of everything is compared at once.
  const inA = new Set(a)
  const inB = new Set(b)
  const keptA = placesOf(a, inB)
  const keptB = placesOf(b, inA)
  if (keptA.length === 0) return
  const pick = (from: Int32Array, places: ReadonlyArray<number>) => Int32Array.from(places, (place) => from[place] ?? 0)
  for (const [x, y, length] of lcs(pick(a, keptA), pick(b, keptB))) {
    for (let step = 0; step < length; step++) add(runs, atA + (keptA[x + step] ?? 0), atB + (keptB[y + step] ?? 0), 1)
  }
}

const placesOf = (numbers: Int32Array, others: ReadonlySet<number>): ReadonlyArray<number> => {
  const places: Array<number> = []
  for (const [index, id] of numbers.entries()) if (others.has(id)) places.push(index)
  return places
}

/** Lines that occur once on both sides, in the longest order that both sides share. */
const anchorsOf = (a: Int32Array, b: Int32Array): ReadonlyArray<readonly [number, number]> => {
  const places = new Map<number, { a: number; b: number }>()
  for (const [index, id] of a.entries()) places.set(id, { a: places.has(id) ? -1 : index, b: -2 })
  for (const [index, id] of b.entries()) {
    const place = places.get(id)
    if (place !== undefined) place.b = place.b === -2 ? index : -1
  }
  const unique: Array<readonly [number, number]> = []
  for (const place of places.values()) if (place.a >= 0 && place.b >= 0) unique.push([place.a, place.b])
  return longestRising(unique.sort(([one], [other]) => one - other))
}

/** The longest subsequence whose second numbers rise (patience sorting). */
const longestRising = (pairs: ReadonlyArray<readonly [number, number]>): ReadonlyArray<readonly [number, number]> => {
  const piles: Array<number> = []
  const previous = new Int32Array(pairs.length)
  for (const [index, [, value]] of pairs.entries()) {
    let low = 0
    let high = piles.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((pairs[piles[middle] ?? 0]?.[1] ?? 0) < value) low = middle + 1
      else high = middle
    }
    previous[index] = low === 0 ? -1 : (piles[low - 1] ?? -1)
    piles[low] = index
  }
  const rising: Array<readonly [number, number]> = []
  for (let index = piles.at(-1) ?? -1; index >= 0; index = previous[index] ?? -1) {
    const pair = pairs[index]
    if (pair !== undefined) rising.push(pair)
  }
  return rising.reverse()
}

/** Appends, joined with the run before it where both sides go on. */
const add = (runs: Array<Run>, a: number, b: number, length: number): void => {
  const last = runs.at(-1)
  if (last !== undefined && last.a + last.length === a && last.b + last.length === b)
    runs[runs.length - 1] = { ...last, length: last.length + length }
  else runs.push({ a, b, length })
}
