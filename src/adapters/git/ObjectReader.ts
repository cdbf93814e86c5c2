/** The output of `git cat-file --batch`, read as it comes, so that what is too large never is in memory. */

export class ObjectReader {
  readonly blobs = new Map<string, Buffer>()
  readonly #most: number
  #chunks: Array<Buffer> = []
  #held = 0
  /** The object whose content comes next; undefined while a header is expected. */
  #object: { readonly oid: string; readonly bytes: number; readonly isWanted: boolean } | undefined
  /** How much of a content that is not wanted is still to come. */
  #skip = 0

  /** `most`: bytes of the largest blob that is kept. */
  constructor(most: number) {
    this.#most = most
  }

  take(chunk: Buffer): void {
    const skipped = Math.min(this.#skip, chunk.length)
    this.#skip -= skipped
    if (skipped === chunk.length) return
    this.#chunks.push(skipped === 0 ? chunk : chunk.subarray(skipped))
    this.#held += chunk.length - skipped
    // A content is put together once, when it is whole.
    if (this.#object !== undefined && this.#held <= this.#object.bytes) return
    let rest: Buffer = Buffer.concat(this.#chunks)
    for (let next = this.#step(rest); next !== undefined; next = this.#step(rest)) rest = next
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#held = rest.length
  }

  /** Takes a header or a content from the front; undefined when neither is whole. */
  #step(rest: Buffer): Buffer | undefined {
    if (this.#object === undefined) {
      const end = rest.indexOf(10)
      if (end < 0) return undefined
      // "OID TYPE SIZE", or "OID missing".
      const [oid = "", type, size] = rest.toString("latin1", 0, end).split(" ")
      if (size !== undefined) {
        const bytes = Number(size)
        this.#object = { oid, bytes, isWanted: type === "blob" && bytes <= this.#most }
      }
      return rest.subarray(end + 1)
    }
    const { oid, bytes, isWanted } = this.#object
    // A line end follows each content.
    if (rest.length <= bytes) {
      if (isWanted) return undefined
      this.#skip = bytes + 1 - rest.length
      this.#object = undefined
      return rest.subarray(rest.length)
    }
    if (isWanted) this.blobs.set(oid, Buffer.from(rest.subarray(0, bytes)))
    this.#object = undefined
    return rest.subarray(bytes + 1)
  }
}
