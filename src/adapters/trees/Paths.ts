/**
 * Paths as the file system has them: bytes. Inside of the store a path is a string with one character a byte (latin1), so that
 * names that are no UTF-8 are kept too, and sorting strings sorts bytes.
 */
import { isUtf8 } from "node:buffer"

const beyondAscii = /[^\0-\x7f]/

/** For a call of `node:fs`, which takes strings for UTF-8. */
export const forSystem = (path: string): string | Buffer =>
  beyondAscii.test(path) ? Buffer.from(path, "latin1") : path

/** A path as people and the log write it: UTF-8, and `\xNN` for bytes that are none. */
export const shown = (path: string): string => {
  if (!beyondAscii.test(path)) return path
  const bytes = Buffer.from(path, "latin1")
  if (isUtf8(bytes)) return bytes.toString("utf8")
  return path.replaceAll(/[^\0-\x7f]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`)
}

/** The way back from what a person gave. */
export const given = (path: string): string => {
  if (path.includes("\\x")) {
    const raw = path.replaceAll(/\\x([0-9a-f]{2})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16))
    )
    if (shown(raw) === path) return raw
  }
  return Buffer.from(path, "utf8").toString("latin1")
}

export const within = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`)
