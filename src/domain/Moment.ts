/** Times as people write them. */

/** From `start` to before `end`, in milliseconds since 1970. */
export interface Moment {
  readonly start: number
  readonly end: number
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** What to write instead of a text that is no time. */
export const timeExamples = "Write 2h, 7d, 2026-11-22 or 2026-11-22T13:30:00Z."

/**
 * "90s", "15m", "2h", "7d", "3w" (before `now`), or a date or time in ISO 8601 (local without a zone); undefined for anything
 * else. A date is its whole day, any other time its millisecond.
 */
export const momentOf = (text: string, now: number): Moment | undefined => {
  const [, amount, letter = ""] = /^(\d+(?:\.\d+)?)\s*([smhdw])$/.exec(text.trim()) ?? []
  const unit = units[letter]
  const start = unit === undefined ? Date.parse(inFull(text)) : Math.round(now - Number(amount) * unit)
  if (!(Math.abs(start) <= 8.64e15) || (unit === undefined && !/\d{4}/.test(text))) return undefined
  return { start, end: isDate(text) ? nextDay(start) : start + 1 }
}

const isDate = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text)

/** A date alone would be read as UTC: people mean their own midnight. */
const inFull = (text: string): string => (isDate(text) ? `${text}T00:00` : text)

/** Days with a change of the clocks have 23 or 25 hours. */
const nextDay = (midnight: number): number => {
  const date = new Date(midnight)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime()
}

/** A length of time such as "90s", "30m", "2h" or "1d", in milliseconds; undefined for anything else, and for none. */
export const durationOf = (text: string): number | undefined => {
  const [, amount, unit = ""] = /^(\d{1,5})([smhd])$/.exec(text) ?? []
  const found = Number(amount) * (units[unit] ?? Number.NaN)
  return found > 0 ? found : undefined
}
