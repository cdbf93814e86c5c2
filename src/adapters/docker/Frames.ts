/**
 * The two outputs of a program, as an engine sends them on one connection: frames of one byte for which (1 stdout, 2 stderr), three
 * of nothing, four for the length, and so many bytes (Docker Engine API, "Attach to a container").
 */
import { once } from "node:events"
import type { Writable } from "node:stream"

/** Reads to the end, no faster than the outputs take it. Neither is ended. */
export const split = async (
  connection: AsyncIterable<Buffer>,
  to: { readonly stdout: Writable; readonly stderr: Writable }
): Promise<void> => {
  let header = Buffer.alloc(0)
  let rest = 0
  let target = to.stdout
  for await (const chunk of connection) {
    let at = 0
    while (at < chunk.length) {
      if (rest === 0) {
        const more = chunk.subarray(at, at + 8 - header.length)
        header = Buffer.concat([header, more])
        at += more.length
        if (header.length < 8) break
        target = header[0] === 2 ? to.stderr : to.stdout
        rest = header.readUInt32BE(4)
        header = Buffer.alloc(0)
      } else {
        const part = chunk.subarray(at, at + rest)
        at += part.length
        rest -= part.length
        await written(target, part)
      }
    }
  }
}

/** A reader that has gone, as `head` does, ends nothing: the rest is read and dropped. */
const written = async (target: Writable, part: Buffer) => {
  if (target.destroyed || target.writableEnded || target.write(part)) return
  const done = new AbortController()
  const { signal } = done
  await Promise.race([once(target, "drain", { signal }), once(target, "close", { signal })]).catch(() => undefined)
  done.abort()
}
