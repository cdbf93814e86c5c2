/** A command's output on its way to whoever asked for it: how much it was, its hash, and whether anybody reads it. */
import { createHash } from "node:crypto"
import { Transform, type Writable } from "node:stream"

export interface Measured {
  /** Passes everything on, and does not end what it passes to. */
  readonly stream: Transform
  readonly seen: () => { readonly bytes: number; readonly sha256: string }
  /** Settled when nobody takes what is passed on any more, as after `head`; what comes then is dropped. */
  readonly gone: Promise<void>
}

/** How a command ends whose output nobody reads any more: 128 and the number of SIGPIPE, as shells have it. */
export const unreadExit = 141

export const measured = (to: Writable): Measured => {
  const hash = createHash("sha256")
  let bytes = 0
  const stream = new Transform({
    transform: (chunk: Buffer, _, done) => {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    }
  })
  const gone = new Promise<void>((resolve) => {
    to.on("error", () => {
      stream.unpipe(to)
      stream.resume()
      resolve()
    })
  })
  stream.pipe(to, { end: false })
  return { stream, gone, seen: () => ({ bytes, sha256: hash.copy().digest("hex") }) }
}
