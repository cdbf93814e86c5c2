/** The one key sequence that is for us, not for the other end: Enter, `~`, `.` ends the connection, as in ssh(1), ESCAPE CHARACTERS. */
import { Transform, type TransformCallback } from "node:stream"

const tilde = 0x7e
const period = 0x2e
const isLineEnd = (byte: number): boolean => byte === 0x0d || byte === 0x0a

export class Escape extends Transform {
  readonly #leave: () => void
  #atLineStart = true
  /** A tilde that may be the beginning of a sequence, held back. */
  #held = false

  constructor(leave: () => void) {
    super()
    this.#leave = leave
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const passed: Array<number> = []
    for (const byte of chunk) {
      if (this.#held) {
        this.#held = false
        if (byte === period) {
          this.#leave()
          return done()
        }
        passed.push(tilde)
        // Two of them are one that is meant.
        if (byte === tilde) {
          this.#atLineStart = false
          continue
        }
      } else if (byte === tilde && this.#atLineStart) {
        this.#held = true
        continue
      }
      passed.push(byte)
      this.#atLineStart = isLineEnd(byte)
    }
    return done(null, Buffer.from(passed))
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#held ? Buffer.of(tilde) : undefined)
  }
}
