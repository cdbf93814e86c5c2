/**
 * A note of the checkouts in which the last stop was judged by the files as they are, and since which commit: there the hook of the next
 * one begins to look at them before it has loaded anything else. It is no fact: where it is missing or wrong, a stop is judged the
 * same, and later.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs"

type Note = Readonly<Record<string, string | null>>

/** So many checkouts are noted, the last ones. */
const most = 50

/** The commit since which stops are judged in a checkout; null: none. Undefined: no stop is expected to be judged there. */
export const expectedBase = (file: string, checkout: string): string | null | undefined => {
  const base = noted(file)[checkout]
  return base === null || (typeof base === "string" && /^[0-9a-f]{40,64}$/.test(base)) ? base : undefined
}

export const expectStops = (file: string, checkout: string, base: string | null): void => {
  const { [checkout]: before, ...others } = noted(file)
  if (before !== base) note(file, { ...Object.fromEntries(Object.entries(others).slice(1 - most)), [checkout]: base })
}

export const expectNoStops = (file: string, checkout: string): void => {
  const { [checkout]: before, ...others } = noted(file)
  if (before !== undefined) note(file, others)
}

const noted = (file: string): Note => {
  try {
    const value = JSON.parse(readFileSync(file, "utf8")) as unknown
    return typeof value === "object" && value !== null ? (value as Note) : {}
  } catch {
    // None yet, or one that was cut short.
    return {}
  }
}

/** Of two that note at once, one is forgotten until its next stop. */
const note = (file: string, text: Note): void => {
  const unfinished = `${file}.${process.pid}`
  try {
    writeFileSync(unfinished, JSON.stringify(text), { mode: 0o600 })
    renameSync(unfinished, file)
  } catch {
    // A full disk costs the next stop some time, and nothing else.
  }
}
