/** Stored contents as lines, for whoever compares them. */
import { isUtf8 } from "node:buffer"
import { linesOf } from "../domain/attribution/Text.ts"

/** Git looks for a NUL byte in so many bytes to tell binary from text (git's `buffer_is_binary`). */
const looked = 8000

/** A NUL byte near the beginning, and no byte order mark of UTF-16. */
export const isBinary = (content: Buffer): boolean => {
  const nul = content.subarray(0, looked).includes(0)
  return (
    nul &&
    !(
      content.length >= 2 &&
      ((content[0] === 0xff && content[1] === 0xfe) || (content[0] === 0xfe && content[1] === 0xff))
    )
  )
}

/** A pointer of Git LFS (its specification, "The Pointer"): the content is elsewhere. */
export const isPointer = (content: Buffer): boolean =>
  content.length < 1024 && content.toString("latin1").startsWith("version https://git-lfs.github.com/spec/")

/** Bytes that are no UTF-8 are told apart one by one. */
export const textOf = (content: Buffer): string => content.toString(isUtf8(content) ? "utf8" : "latin1")

const known = new WeakMap<Buffer, ReadonlyArray<string>>()

/** Undefined for binary content. A Buffer is split once, so it must not be changed afterwards. */
export const linesIn = (content: Buffer): ReadonlyArray<string> | undefined => {
  if (isBinary(content)) return undefined
  let lines = known.get(content)
  if (lines === undefined) known.set(content, (lines = linesOf(textOf(content))))
  return lines
}
