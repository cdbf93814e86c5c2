/** What a row of the benchmark says, and the arithmetic behind it. */

export interface Result {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What the machine can do at best, measured in the same run; null where there is nothing to compare with. */
  readonly floor: number | null
  /** `value / floor`. */
  readonly ratio: number | null
  /** What the ratio (without a floor: the value) is compared with; null where only correctness counts. */
  readonly target: number | null
  readonly met: boolean
}

/** A rate may not be lower than its target times the floor; a time may not be longer. */
export const rate = (name: string, unit: string, value: number, floor: number, target: number): Result =>
  compared(name, unit, value, floor, target, (ratio) => ratio >= target)

export const time = (name: string, unit: string, value: number, floor: number, target: number): Result =>
  compared(name, unit, value, floor, target, (ratio) => ratio <= target)

const compared = (
  name: string,
  unit: string,
  value: number,
  floor: number,
  target: number,
  isMet: (ratio: number) => boolean
): Result => {
  const ratio = round(value / floor)
  return { name, value: round(value), unit, floor: round(floor), ratio, target, met: isMet(ratio) }
}

/** What is added to a floor, in its unit: `target` is how much that may be. */
export const added = (name: string, unit: string, value: number, floor: number, target: number): Result => ({
  ...absolute(name, unit, value, target, value <= target),
  floor: round(floor)
})

/** A row without a floor: `met` says whether what it measured was as it should be. */
export const absolute = (name: string, unit: string, value: number, target: number | null, met: boolean): Result => ({
  name,
  value: round(value),
  unit,
  floor: null,
  ratio: null,
  target,
  met
})

/** The value that `share` of all values do not exceed: 0.5 is the median. */
export const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

export const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5)

/** To four digits. */
const round = (value: number): number => Number(value.toPrecision(4))

const columns = ["name", "value", "unit", "floor", "ratio", "target", "met"] as const

/** The rows as an aligned table. */
export const table = (results: ReadonlyArray<Result>): string => {
  const cells = [columns, ...results.map((result) => columns.map((column) => shown(result[column])))]
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)))
  return cells
    .map((row) => row.map((cell, index) => pad(cell, widths[index] ?? 0, isNumeric(index))).join("  "))
    .join("\n")
}

const isNumeric = (index: number): boolean => index === 1 || (index > 2 && index < 6)

const pad = (cell: string, width: number, right: boolean): string => (right ? cell.padStart(width) : cell.padEnd(width))

export const shown = (value: string | number | boolean | null): string =>
  value === null
    ? "–"
    : typeof value === "number"
      ? value.toLocaleString("en-US", { maximumFractionDigits: 3 })
      : value === true
        ? "yes"
        : value === false
          ? "NO"
          : value
