/** Files that look like code, changed here and there: the same ones each time. */

/** Numbers from 0 to below 1 (mulberry32, public domain). */
export const numbers = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const verbs = ["parse", "measure", "collect", "render", "compare"]

/** Who writes. Their lines name them, but for every fourth, which is blank or a bracket as in real code. */
export const writer = (name: string) => {
  let written = 0
  const line = (): string => {
    const number = ++written
    if (number % 8 === 0) return ""
    if (number % 8 === 4) return "}"
    return `  const ${name}${number} = ${verbs[number % verbs.length]}(${(number * 7919) % 1000}, input)`
  }
  return (count: number): ReadonlyArray<string> => Array.from({ length: count }, line)
}

export interface Spot {
  /** Lines from here on, 0-based, give way to new ones. */
  readonly at: number
  readonly remove: number
}

/** Another place each time, behind the first `from` lines. */
export const spot = (lines: ReadonlyArray<string>, random: () => number, remove: number, from = 0): Spot => ({
  at: from + Math.floor(random() * (lines.length - remove - from)),
  remove
})

export const changed = (
  lines: ReadonlyArray<string>,
  { at, remove }: Spot,
  fresh: ReadonlyArray<string>
): ReadonlyArray<string> => [...lines.slice(0, at), ...fresh, ...lines.slice(at + remove)]

export const textOf = (lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")
