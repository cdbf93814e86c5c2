/** Contents of files, as payloads tell them and as the disk has them. What cannot be known is undefined. */
import { readFileSync, statSync } from "node:fs"
import { isAbsolute, resolve } from "node:path"

/** A larger file is named, but not read: the agent is waiting. */
const largestRead = 8 * 1024 * 1024

/** Bytes that are no UTF-8 reach a payload as U+FFFD, and then nobody can say what they were. */
export const bytes = (text: string | null | undefined): Buffer | null | undefined => {
  if (text === null || text === undefined) return text
  return text.isWellFormed() && !text.includes("\ufffd") ? Buffer.from(text) : undefined
}

/** The text of some bytes; undefined for what is no UTF-8, since its lines cannot be compared with lines of JSON. */
export const textIn = (content: Buffer): string | undefined => {
  const text = content.toString("utf8")
  return Buffer.from(text).equals(content) ? text : undefined
}

/** Null for a path where no file is; undefined for what is not read. */
export const contentOnDisk = (path: string, folder: string): Buffer | null | undefined => {
  try {
    const file = isAbsolute(path) ? path : resolve(folder, path)
    const stat = statSync(file, { throwIfNoEntry: false })
    if (stat === undefined) return null
    return stat.isFile() && stat.size <= largestRead ? readFileSync(file) : undefined
  } catch {
    // Unreadable for whatever reason: the change is recorded without its content.
    return undefined
  }
}
