/** What a hook prints: passed on as it comes, and its end kept, both streams in one as a terminal would have them. */
import { Writable } from "node:stream"
import { stripVTControlCharacters } from "node:util"

/** So much of the end is kept, in bytes. */
const most = 256 * 1024

export interface HookOutput {
  /** For both its output and its errors. */
  readonly stream: Writable
  /** How much it was. */
  readonly bytes: () => number
  /** Its last 256 KiB, from the beginning of a line. */
  readonly tail: () => string
}

export const hookOutput = (shown: Writable | undefined): HookOutput => {
  let kept: Array<Buffer> = []
  let held = 0
  let bytes = 0
  const cut = () => {
    const whole = Buffer.concat(kept)
    kept = [whole.subarray(Math.max(0, whole.length - most))]
    held = kept[0]?.length ?? 0
  }
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      shown?.write(chunk)
      kept.push(chunk)
      held += chunk.length
      bytes += chunk.length
      if (held > 2 * most) cut()
      done()
    }
  })
  return {
    stream,
    bytes: () => bytes,
    tail: () => {
      cut()
      const text = Buffer.concat(kept).toString("utf8")
      return bytes <= most ? text : text.slice(text.indexOf("\n") + 1)
    }
  }
}

/** For a message: at most three lines that say something, without colours. */
export const lastLines = (text: string): ReadonlyArray<string> =>
  stripVTControlCharacters(text)
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(/\p{Cc}/gu, " ").trim())
    .filter((line) => line !== "")
    .slice(-3)
    .map((line) => (line.length > 200 ? `${line.slice(0, 200)}…` : line))
