/** Chance that can be had again: the same seed gives the same numbers, on every machine. */
export interface Random {
  /** A whole number from 0 to `end`, which is not among them. */
  readonly below: (end: number) => number
  readonly pick: <A>(from: ReadonlyArray<A>) => A
  /** True so often of a hundred times. */
  readonly chance: (percent: number) => boolean
}

/** Mulberry32. */
export const randomFrom = (seed: number): Random => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (end: number): number => next() % end
  return {
    below,
    pick: (from) => {
      if (from.length === 0) throw new Error("there is nothing to pick from")
      return from[below(from.length)] as (typeof from)[number]
    },
    chance: (percent) => below(100) < percent
  }
}
