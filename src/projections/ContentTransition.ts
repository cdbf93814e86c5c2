/** The transition from one stored content to the next, without splitting what both have in common into lines. */
import { isUtf8 } from "node:buffer"
import { shifted, type Transition, transition } from "../domain/attribution/Transition.ts"
import { sharedHead, sharedTail } from "../events/Splice.ts"
import { isBinary, linesIn } from "./ContentLines.ts"

const newline = 0x0a
const carriageReturn = 0x0d
const byteOrderMark = 0xef

/** Undefined when one of them has no lines. */
export const transitionBetween = (before: Buffer, after: Buffer): Transition | undefined => {
  if (!isPlain(before) || !isPlain(after)) {
    const [was, is] = [linesIn(before), linesIn(after)]
    return was === undefined || is === undefined ? undefined : transition(was, is)
  }
  const { head, headLines, tail, tailLines } = shared(before, after)
  const [was, is] = [before, after].map((content) => split(content, head, content.length - tail))
  return shifted(transition(was ?? [], is ?? []), headLines, tailLines)
}

/** Whether two lines are the same exactly when their bytes are: each ends with a newline alone. */
const isPlain = (content: Buffer): boolean =>
  content.length === 0 ||
  (content.at(-1) === newline &&
    content[0] !== byteOrderMark &&
    !content.includes(carriageReturn) &&
    !isBinary(content) &&
    isUtf8(content))

const split = (content: Buffer, from: number, to: number): ReadonlyArray<string> =>
  from === to ? [] : content.toString("utf8", from, to - 1).split("\n")

interface Shared {
  /** Bytes, and the lines that they are. */
  readonly head: number
  readonly headLines: number
  readonly tail: number
  readonly tailLines: number
}

/** Whole lines that both begin with, and then, of what is left, those that both end with. */
const shared = (a: Buffer, b: Buffer): Shared => {
  const head = a.subarray(0, sharedHead(a, b)).lastIndexOf(newline) + 1
  const bytes = sharedTail(a, b, head)
  const isWhole = beginsLine(a, a.length - bytes) && beginsLine(b, b.length - bytes)
  const end = a.subarray(a.length - bytes)
  const tail = isWhole ? end : end.subarray(end.includes(newline) ? end.indexOf(newline) + 1 : end.length)
  return { head, headLines: countLines(a.subarray(0, head)), tail: tail.length, tailLines: countLines(tail) }
}

const countLines = (content: Buffer): number => {
  let count = 0
  for (let at = content.indexOf(newline); at >= 0; at = content.indexOf(newline, at + 1)) count += 1
  return count
}

const beginsLine = (content: Buffer, at: number): boolean => at === 0 || content[at - 1] === newline
