/** The transition from one stored content to the next, without splitting what both have in common into lines. */
import { isUtf8 } from "node:buffer"
import { shifted, type Transition, transition } from "../domain/attribution/Transition.ts"
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
  const shortest = Math.min(a.length, b.length)
  let [head, headLines] = [0, 0]
  for (let at = 0; at < shortest && a[at] === b[at]; at++) {
    if (a[at] !== newline) continue
    head = at + 1
    headLines += 1
  }
  let [tail, tailLines, newlines, back] = [0, 0, 0, 0]
  for (; back < shortest - head && a[a.length - 1 - back] === b[b.length - 1 - back]; back++) {
    if (a[a.length - 1 - back] !== newline) continue
    tail = back
    tailLines = newlines
    newlines += 1
  }
  if (back === shortest - head && beginsLine(a, a.length - back) && beginsLine(b, b.length - back)) {
    tail = back
    tailLines = newlines
  }
  return { head, headLines, tail, tailLines }
}

const beginsLine = (content: Buffer, at: number): boolean => at === 0 || content[at - 1] === newline
