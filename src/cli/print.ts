/** Writing to the standard streams. */
import { writeSync } from "node:fs"

/** Written at once, so that nothing is lost when the process ends; a reader that has gone away ends the command quietly. */
export const print = (descriptor: 1 | 2, text: string): void => {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at)
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? cause.code : undefined
      if (code === "EPIPE") process.exit(0)
      if (code !== "EAGAIN") throw cause
      // A pipe that is full: its reader needs a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}
