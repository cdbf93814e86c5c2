/** Texts against the values of an expression. */
import picomatch from "picomatch/posix.js"
import type { TextField, Value } from "./Fields.ts"

export type TextTest = (text: string) => boolean

/** Of `=`. */
export const equalTo = ({ exact, equals = same }: TextField, wanted: string): TextTest => {
  if (exact) return (text) => equals(text, wanted)
  const folded = wanted.toLowerCase()
  return (text) => equals(text.toLowerCase(), folded)
}

const same = (text: string, wanted: string): boolean => text === wanted

/** Of `~`. A glob without "/" may also match the part of a text that stands for it; a pattern is searched in the whole text. */
export const like = ({ exact, short }: TextField, value: Value): TextTest => {
  if (typeof value !== "string") {
    const pattern = new RegExp(value.source, value.flags)
    return (text) => pattern.test(text)
  }
  const matches = globTest(value, exact ? paths : texts)
  return short === undefined || value.includes("/")
    ? (text) => matches(text)
    : (text) => matches(text) || matches(short(text))
}

/** Whether a text can be used as a glob; the library refuses the longest. */
export const isGlob = (text: string): boolean => text.length <= 1000

/** The library refuses an empty glob too. */
const globTest = (glob: string, how: picomatch.PicomatchOptions): TextTest =>
  glob === "" || !isGlob(glob) ? (text) => text === glob : picomatch(glob, how)

const paths: picomatch.PicomatchOptions = { dot: true, nonegate: true, keepQuotes: true }

/** A star is anything, slashes and line ends included. */
const texts: picomatch.PicomatchOptions = { ...paths, bash: true, flags: "is" }
