/** An archive as a compressed file on this machine: zstd at its fastest, hashed while it is written. */
import { createHash } from "node:crypto"
import { createReadStream, createWriteStream } from "node:fs"
import { type Readable, Transform } from "node:stream"
import { pipeline } from "node:stream/promises"
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib"

/** Writes it anew, readable by its owner alone. The hash (SHA-256) and the bytes are the file's. */
export const compressed = async (
  archive: NodeJS.ReadableStream,
  file: string,
  signal: AbortSignal
): Promise<{ readonly hash: string; readonly bytes: number }> => {
  const hash = createHash("sha256")
  let bytes = 0
  const counted = new Transform({
    transform: (chunk: Buffer, _, done) => {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    }
  })
  const fastest = createZstdCompress({ chunkSize: 2 ** 18, params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  await pipeline(archive as Readable, fastest, counted, createWriteStream(file, { mode: 0o600 }), { signal })
  return { hash: hash.digest("hex"), bytes }
}

export const decompressed = (file: string): Readable =>
  createReadStream(file).pipe(createZstdDecompress({ chunkSize: 2 ** 18 }))
