/** The names of settings: which there are, and which one a mistyped one was meant to be. */
import { nearest } from "../nearest.ts"
import { gateKeys, generalOf } from "./GateSettings.ts"
import { isKey, keys } from "./Settings.ts"

const known: ReadonlyArray<string> = [...keys, ...gateKeys]

export const isKnown = (key: string): boolean => isKey(key) || gateKeys.includes(generalOf(key))

/** " Did you mean …?", or one of the group that was named; "" where nothing is near. */
export const suggestion = (key: string): string => {
  const within = known.find((one) => one.startsWith(`${key}.`))
  if (within !== undefined) return ` It holds settings, such as ${within}.`
  const last = (one: string) => one.slice(one.lastIndexOf(".") + 1)
  const guess = nearest(generalOf(key), known) ?? known.find((one) => last(one) === last(key))
  return guess === undefined ? "" : ` Did you mean ${guess}?`
}
