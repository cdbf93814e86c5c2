/** What programs that go on by themselves print: one file for a workspace, read from its end and followed. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs"
import type { Writable } from "node:stream"
import * as Effect from "effect/Effect"

/** Milliseconds between two looks at a file that is followed. */
const pause = 100

/** Writes the last `tail` lines, or all; then, while `goesOn`, what is added. */
export const readLog = (
  file: string,
  { follow, tail }: { readonly follow: boolean; readonly tail: number | undefined },
  to: Writable,
  goesOn: () => boolean
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const first = contentFrom(file, 0)
    let position = first.length
    to.write(tail === undefined ? first : lastLines(first, tail))
    for (let again = follow; again;) {
      // Looked at before the content is: what was printed until then is read.
      again = goesOn()
      const more = contentFrom(file, position)
      position += more.length
      if (more.length > 0) to.write(more)
      if (again) yield* Effect.sleep(pause)
    }
  })

const contentFrom = (file: string, position: number): Buffer => {
  if (!existsSync(file)) return Buffer.alloc(0)
  const open = openSync(file, "r")
  try {
    const content = Buffer.alloc(Math.max(0, fstatSync(open).size - position))
    return content.subarray(0, readSync(open, content, 0, content.length, position))
  } finally {
    closeSync(open)
  }
}

const lastLines = (content: Buffer, count: number): Buffer => {
  // The newline at the very end ends a line, and begins none.
  let from = content.at(-1) === 10 ? content.length - 1 : content.length
  for (let lines = 0; lines < count && from > 0; lines++) from = content.subarray(0, from).lastIndexOf(10)
  return count === 0 ? Buffer.alloc(0) : content.subarray(from <= 0 ? Math.max(0, from) : from + 1)
}
