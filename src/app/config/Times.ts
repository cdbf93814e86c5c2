/** How long something may take, as it is written in a configuration: "90s", "15m", "2h". */

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds; undefined for anything else. */
export const millisecondsOf = (text: unknown): number | undefined => {
  const [, amount, unit = ""] = (typeof text === "string" ? /^(\d{1,5})([smh])$/.exec(text) : null) ?? []
  const found = Number(amount) * (units[unit] ?? Number.NaN)
  return Number.isNaN(found) ? undefined : found
}

/** In the largest unit that it is a whole number of. What is less than a second is left out. */
export const timeText = (milliseconds: number): string => {
  const unit = ["h", "m"].find((one) => milliseconds > 0 && milliseconds % (units[one] ?? Number.NaN) === 0) ?? "s"
  return `${Math.floor(milliseconds / (units[unit] ?? Number.NaN))}${unit}`
}
